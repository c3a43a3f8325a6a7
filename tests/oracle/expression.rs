//! From the arithmetic of the scenarios (`a if c else b`, `pow(x, y)`) to that of model files (`if(c, a, b)`, `x^y`).

use std::iter::Peekable;
use std::str::Chars;

/// The expression in the language of model files.
pub fn translate(text: &str) -> String {
    let mut tokens = tokens(text).into_iter().peekable();
    let translated = conditional(&mut tokens);
    assert_eq!(tokens.next(), None, "`{text}` goes on where it should end");
    translated
}

fn tokens(text: &str) -> Vec<String> {
    let mut chars = text.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(&first) = chars.peek() {
        match first {
            ' ' => drop(chars.next()),
            c if c.is_alphanumeric() || c == '_' || c == '.' => tokens.push(word(&mut chars)),
            _ => tokens.extend(chars.next().map(String::from)),
        }
    }
    tokens
}

/// A name or a number, the sign of its exponent included.
fn word(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut word = String::new();
    while let Some(&c) = chars.peek() {
        let exponent = word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(['e', 'E']);
        if !(c.is_alphanumeric() || c == '_' || c == '.' || exponent && (c == '-' || c == '+')) {
            break;
        }
        word.push(c);
        chars.next();
    }
    word
}

fn conditional(tokens: &mut Peekable<impl Iterator<Item = String>>) -> String {
    let value = plain(tokens);
    if tokens.next_if_eq("if").is_none() {
        return value;
    }
    let condition = plain(tokens);
    assert!(tokens.next_if_eq("else").is_some(), "`{value} if {condition}` has no else");
    format!("if({condition}, {value}, {})", conditional(tokens))
}

/// Up to what only a conditional, a list or an end can follow.
fn plain(tokens: &mut Peekable<impl Iterator<Item = String>>) -> String {
    let mut text = String::new();
    let mut power = false;
    while let Some(token) = tokens.next_if(|t| !matches!(t.as_str(), "if" | "else" | "," | ")")) {
        match token.as_str() {
            "(" => {
                let inside = list(tokens);
                match (power, inside.as_slice()) {
                    (true, [base, exponent]) => text += &format!("(({base})^({exponent}))"),
                    _ => text += &format!("({})", inside.join(", ")),
                }
            }
            "pow" => {}
            other => text += other,
        }
        power = token == "pow";
    }
    text
}

/// What stands between parentheses, the closing one included.
fn list(tokens: &mut Peekable<impl Iterator<Item = String>>) -> Vec<String> {
    let mut items = vec![conditional(tokens)];
    while tokens.next_if_eq(",").is_some() {
        items.push(conditional(tokens));
    }
    assert!(tokens.next_if_eq(")").is_some(), "a parenthesis is not closed after `{}`", items.join(", "));
    items
}

#[test]
fn conditionals_and_powers_are_put_the_other_way() {
    for (scenario, model) in [
        ("KA*depot-(CL/V2+Q/V2)*central", "KA*depot-(CL/V2+Q/V2)*central"),
        ("2*pow(WT/70, 0.75)*pow(0.8,SEX)", "2*((WT/70)^(0.75))*((0.8)^(SEX))"),
        ("TH2*(1+TH3 if APGR<5 else 1)", "TH2*(if(APGR<5, 1+TH3, 1))"),
        ("A if O==1 else (B if O==2 else C)", "if(O==1, A, (if(O==2, B, C)))"),
        ("A if O>=1 else B if O!=2 else 1e-3", "if(O>=1, A, if(O!=2, B, 1e-3))"),
        ("max(0, pow(min(a, b), 2))", "max(0, ((min(a, b))^(2)))"),
    ] {
        assert_eq!(translate(scenario), model);
    }
}
