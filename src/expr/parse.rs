//! Tokens to a syntax tree, by precedence climbing.

use super::ast::{Comparison, Expr, Item};
use super::error::ExprError;
use super::graph::{Binary, Unary};
use super::token::{Token, Tokens};
use crate::error::{Fault, Span};

/// Levels of nesting: parentheses, arguments, and what follows `-`, `not` and `^`.
const MAX_DEPTH: usize = 128;
/// Operations and operands in one expression.
const MAX_ITEMS: usize = 10_000;

/// The functions that take a bare name.
const OF_NAMES: [&str; 3] = ["C", "tad", "last_dose"];

type Parsed = Result<usize, Fault<ExprError>>;

/// Reads an expression. Spans count bytes of `text`.
///
/// # Errors
/// The first place where the text leaves the grammar, or where it becomes too deep or too large.
pub fn parse(text: &str) -> Result<Expr, Fault<ExprError>> {
    let mut tokens = Tokens::new(text);
    let (token, span) = tokens.next()?;
    let mut parser = Parser { text, tokens, token, span, previous: Token::End, items: Vec::new(), depth: 0 };
    parser.expression(Level::Or)?;
    if parser.token != Token::End {
        return Err(parser.unexpected("an operator or the end"));
    }
    Ok(Expr { text: text.to_string(), items: parser.items })
}

/// How tightly an operator binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Power,
}

impl Level {
    /// What the right operand is made of: one level up, but for the power, which groups from the right.
    fn of_right_operand(self) -> Level {
        match self {
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Compare,
            Level::Compare => Level::Sum,
            Level::Sum => Level::Product,
            Level::Product | Level::Power => Level::Power,
        }
    }
}

#[derive(Clone, Copy)]
enum Infix {
    Binary(Binary),
    Compare(Comparison),
}

fn infix(token: Token) -> Option<(Level, Infix)> {
    let compare = |comparison| (Level::Compare, Infix::Compare(comparison));
    Some(match token {
        Token::Name("or") => (Level::Or, Infix::Binary(Binary::Or)),
        Token::Name("and") => (Level::And, Infix::Binary(Binary::And)),
        Token::Sign("==") => compare(Comparison::Equal),
        Token::Sign("!=") => compare(Comparison::NotEqual),
        Token::Sign("<") => compare(Comparison::Less),
        Token::Sign("<=") => compare(Comparison::LessEqual),
        Token::Sign(">") => compare(Comparison::Greater),
        Token::Sign(">=") => compare(Comparison::GreaterEqual),
        Token::Sign("+") => (Level::Sum, Infix::Binary(Binary::Add)),
        Token::Sign("-") => (Level::Sum, Infix::Binary(Binary::Sub)),
        Token::Sign("*") => (Level::Product, Infix::Binary(Binary::Mul)),
        Token::Sign("/") => (Level::Product, Infix::Binary(Binary::Div)),
        Token::Sign("^") => (Level::Power, Infix::Binary(Binary::Pow)),
        _ => return None,
    })
}

struct Parser<'a> {
    text: &'a str,
    tokens: Tokens<'a>,
    token: Token<'a>,
    span: Span,
    /// The token before this one, for hints.
    previous: Token<'a>,
    items: Vec<(Item, Span)>,
    depth: usize,
}

impl Parser<'_> {
    /// Steps over the present token and returns its place.
    fn advance(&mut self) -> Result<Span, Fault<ExprError>> {
        let span = self.span;
        self.previous = self.token;
        (self.token, self.span) = self.tokens.next()?;
        Ok(span)
    }

    fn expect(&mut self, sign: &'static str, expected: &'static str) -> Result<Span, Fault<ExprError>> {
        if self.token == Token::Sign(sign) { self.advance() } else { Err(self.unexpected(expected)) }
    }

    fn push(&mut self, item: Item, span: Span) -> Parsed {
        if self.items.len() >= MAX_ITEMS {
            return Err(Fault::at(ExprError::TooLarge { limit: MAX_ITEMS }, span));
        }
        self.items.push((item, span));
        Ok(self.items.len() - 1)
    }

    fn span_of(&self, item: usize) -> Span {
        self.items[item].1
    }

    /// Operators of at least this level, and their operands.
    fn expression(&mut self, at_least: Level) -> Parsed {
        let mut left = self.prefix(at_least)?;
        let mut compared = false;
        while let Some((level, operator)) = infix(self.token).filter(|(level, _)| *level >= at_least) {
            if compared && level == Level::Compare {
                return Err(Fault::at(ExprError::Chained, self.span));
            }
            compared = level == Level::Compare;
            self.advance()?;
            let right = match level {
                Level::Power => self.nested(Level::Power)?,
                _ => self.expression(level.of_right_operand())?,
            };
            let span = self.span_of(left).to(self.span_of(right));
            let item = match operator {
                Infix::Binary(op) => Item::Binary(op, left, right),
                Infix::Compare(comparison) => Item::Compare(comparison, left, right),
            };
            left = self.push(item, span)?;
        }
        Ok(left)
    }

    /// An expression one level of nesting further in: the only recursion that a text can drive.
    fn nested(&mut self, at_least: Level) -> Parsed {
        if self.depth == MAX_DEPTH {
            return Err(Fault::at(ExprError::TooDeep { limit: MAX_DEPTH }, self.span));
        }
        self.depth += 1;
        let item = self.expression(at_least)?;
        self.depth -= 1;
        Ok(item)
    }

    fn prefix(&mut self, at_least: Level) -> Parsed {
        let (op, operand_level) = match self.token {
            Token::Sign("-") => (Unary::Neg, Level::Power),
            Token::Name("not") if at_least <= Level::Not => (Unary::Not, Level::Not),
            _ => return self.primary(),
        };
        let start = self.advance()?;
        let operand = self.nested(operand_level)?;
        let span = start.to(self.span_of(operand));
        self.push(Item::Unary(op, operand), span)
    }

    fn primary(&mut self) -> Parsed {
        match self.token {
            Token::Number(value, dimension) => {
                let span = self.advance()?;
                self.push(Item::Number(value, dimension), span)
            }
            Token::Name(word) if !matches!(word, "and" | "or" | "not") => {
                let span = self.advance()?;
                if self.token != Token::Sign("(") {
                    return self.push(Item::Name(span), span);
                }
                self.advance()?;
                if OF_NAMES.contains(&word) { self.call_of_name(span) } else { self.call(span) }
            }
            Token::Sign("(") => {
                let open = self.advance()?;
                let inner = self.nested(Level::Or)?;
                let close = self.expect(")", "an operator or `)`")?;
                self.items[inner].1 = open.to(close);
                Ok(inner)
            }
            _ => Err(self.unexpected("a number, a name or `(`")),
        }
    }

    fn call_of_name(&mut self, function: Span) -> Parsed {
        if !matches!(self.token, Token::Name(_)) {
            return Err(self.unexpected("the name of a compartment or route"));
        }
        let name = self.advance()?;
        let close = self.expect(")", "`)` after the name")?;
        self.push(Item::NameCall { function, name }, function.to(close))
    }

    fn call(&mut self, function: Span) -> Parsed {
        let mut arguments = Vec::new();
        while self.token != Token::Sign(")") || !arguments.is_empty() {
            arguments.push(self.nested(Level::Or)?);
            if self.token != Token::Sign(",") {
                break;
            }
            self.advance()?;
        }
        let close = self.expect(")", "an operator, `,` or `)`")?;
        self.push(Item::Call { function, arguments }, function.to(close))
    }

    fn unexpected(&self, expected: &'static str) -> Fault<ExprError> {
        let found = match self.token {
            Token::End => "the end".to_string(),
            _ => format!("`{}`", &self.text[self.span.start..self.span.end]),
        };
        let hint = match (self.previous, self.token) {
            (_, Token::Sign("=")) => Some("write `==` to compare"),
            (Token::Number(..), Token::Sign(",")) => Some("numbers have a decimal point: `1.5`"),
            (Token::Sign("*"), Token::Sign("*")) => Some("write `^` for a power"),
            (Token::Name("if"), _) => Some("write `if(condition, a, b)`"),
            (Token::Number(..) | Token::Sign(")"), Token::Name(_) | Token::Number(..) | Token::Sign("(")) => {
                Some("write `*` to multiply")
            }
            _ => None,
        };
        Fault::at(ExprError::Syntax { found, expected, hint: hint.map(str::to_string) }, self.span)
    }
}
