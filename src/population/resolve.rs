//! Looking up the names in a population: what decides what, in which order, and what is correlated.

use super::PeopleError;
use super::correlation::{self, Group};
use super::stated::{Covariate, Kind, Rule, Stated};
use super::written::{self, Written};
use crate::document::{DocumentError, Log, Table, Text, Value};

/// Words of the language, which are no names of covariates.
const RESERVED: [&str; 4] = ["size", "seed", "file", "resample"];

/// Reads a table of covariates; keys in `handled` are read elsewhere. Nothing where something is wrong, which is logged.
pub(super) fn read<K>(table: &Table<'_, K>, handled: &[&str]) -> Option<Stated>
where
    K: From<DocumentError> + From<PeopleError>,
{
    let mut found = Vec::new();
    for (name, place, value) in table.named("the distribution of") {
        if name == "correlation" || handled.contains(&name.as_str()) {
            continue;
        }
        if RESERVED.contains(&name.as_str()) {
            table.log.report(&place, PeopleError::Reserved { name });
            found.push(None);
            continue;
        }
        found.push(written::rule(&name, &value).map(|rule| (Text::at(name, place), rule)));
    }
    let written: Vec<(Text, Written)> = found.into_iter().collect::<Option<_>>()?;
    let kinds: Vec<_> = written.iter().map(|(name, rule)| kind(table.log, &name.text, rule)).collect();
    let mut kinds: Vec<Kind> = kinds.into_iter().collect::<Option<_>>()?;
    add_cases_of_constants(&written, &mut kinds);
    let names = Names { log: table.log, written: &written, kinds: &kinds };
    let rules: Vec<_> = written.iter().map(|(name, rule)| names.rule(name, rule)).collect();
    let rules: Vec<Rule> = rules.into_iter().collect::<Option<_>>()?;
    let parts = written.into_iter().zip(kinds).zip(rules);
    let covariates: Vec<_> = parts.map(|(((name, _), kind), rule)| Covariate { name, kind, rule }).collect();
    let order = ordered(table.log, &covariates)?;
    let mut stated = Stated { covariates, order, groups: Vec::new() };
    if let Some(value) = table.get("correlation") {
        stated.groups = correlations(&value, &stated)?;
    }
    Some(stated)
}

/// What a rule gives: every case gives the same kind, and the words of all cases are the words of the covariate.
fn kind<K>(log: &Log<K>, name: &str, rule: &Written) -> Option<Kind>
where
    K: From<DocumentError> + From<PeopleError>,
{
    let mut leaves = Vec::new();
    collect_leaves(rule, &mut leaves);
    let mut found: Option<Kind> = None;
    for leaf in leaves {
        let (own, place) = match leaf {
            Written::Number(_, quantity, place) => (Kind::Number(quantity.clone(), place.clone()), place),
            Written::Words(words, place) => (Kind::Words(words.iter().map(|(w, _)| w.clone()).collect()), place),
            Written::Flag(_, place) => (Kind::Flag, place),
            Written::By(..) => continue,
        };
        match (&mut found, own) {
            (None, own) => found = Some(own),
            (Some(Kind::Flag), Kind::Flag) => {}
            (Some(Kind::Number(first, _)), Kind::Number(second, _)) => {
                if let Err(error) = second.like(first.unit()) {
                    log.report(place, DocumentError::Unit(error));
                    return None;
                }
            }
            (Some(Kind::Words(all)), Kind::Words(more)) => {
                for word in more {
                    if !all.iter().any(|w| w.text == word.text) {
                        all.push(word);
                    }
                }
            }
            (Some(first), own) => {
                let (first, second) = (first.noun(), own.noun());
                log.report(place, PeopleError::MixedKinds { name: name.into(), first, second });
                return None;
            }
        }
    }
    if let (None, Written::By(by, _)) = (&found, rule) {
        log.report(&by.place, PeopleError::NoDistribution { name: name.into(), found: "`by` without a case".into() });
    }
    found
}

fn collect_leaves<'w>(rule: &'w Written, leaves: &mut Vec<&'w Written>) {
    match rule {
        Written::By(_, cases) => cases.iter().for_each(|(_, rule)| collect_leaves(rule, leaves)),
        leaf => leaves.push(leaf),
    }
}

/// A word that is the same for everybody may be another one elsewhere: every case that is described can occur.
fn add_cases_of_constants(written: &[(Text, Written)], kinds: &mut [Kind]) {
    let mut decided = Vec::new();
    written.iter().for_each(|(_, rule)| collect_cases(rule, &mut decided));
    for (parent, case) in decided {
        let constant = |(name, rule): &(Text, Written)| {
            name.text == parent.text && matches!(rule, Written::Words(words, _) if words.len() == 1)
        };
        if let Some(Kind::Words(words)) = written.iter().position(constant).map(|i| &mut kinds[i])
            && !words.iter().any(|w| w.text == case.text)
        {
            words.push(case.clone());
        }
    }
}

/// Every covariate that decides something, with each case that is described.
fn collect_cases<'w>(rule: &'w Written, found: &mut Vec<(&'w Text, &'w Text)>) {
    if let Written::By(parent, cases) = rule {
        for (case, rule) in cases {
            found.push((parent, case));
            collect_cases(rule, found);
        }
    }
}

/// What names are looked up in.
struct Names<'a, K> {
    log: &'a Log<K>,
    written: &'a [(Text, Written)],
    kinds: &'a [Kind],
}

impl<K: From<DocumentError> + From<PeopleError>> Names<'_, K> {
    /// The rule of a covariate with names looked up.
    fn rule(&self, name: &Text, rule: &Written) -> Option<Rule> {
        let own = self.written.iter().position(|(n, _)| n.text == name.text)?;
        Some(match rule {
            Written::Number(distribution, ..) => Rule::Number(*distribution),
            Written::Flag(probability, _) => Rule::Choice(vec![(0.0, 1.0 - probability), (1.0, 1.0)]),
            Written::Words(words, _) => {
                let all = self.kinds[own].cases();
                let mut upto = 0.0;
                let mut choices = Vec::new();
                for (word, probability) in words.iter().filter(|(_, p)| *p > 0.0) {
                    upto += probability;
                    choices.push((all.iter().position(|w| *w == word.text)? as f64, upto));
                }
                Rule::Choice(choices)
            }
            Written::By(by, cases) => self.decided(name, by, cases)?,
        })
    }

    fn decided(&self, name: &Text, by: &Text, cases: &[(Text, Written)]) -> Option<Rule> {
        let Some(parent) = self.written.iter().position(|(n, _)| n.text == by.text) else {
            let others = self.written.iter().filter(|(n, _)| n.text != name.text);
            let known = others.map(|(n, _)| n.text.clone()).collect();
            self.log.report(&by.place, PeopleError::NotDescribed { name: by.text.clone(), known });
            return None;
        };
        let values = self.kinds[parent].cases();
        if values.is_empty() {
            self.log.report(&by.place, PeopleError::NoCases { name: name.text.clone(), parent: by.text.clone() });
            return None;
        }
        let mut rules: Vec<Option<Rule>> = vec![None; values.len()];
        let mut complete = true;
        for (case, rule) in cases {
            match values.iter().position(|v| *v == case.text) {
                Some(place) => rules[place] = self.rule(name, rule),
                None => {
                    let (parent, case_text) = (by.text.clone(), case.text.clone());
                    let kind = PeopleError::UnknownCase { parent, case: case_text, known: values.clone() };
                    self.log.report(&case.place, kind);
                }
            }
            complete &= values.contains(&case.text);
        }
        for (value, case) in values.iter().enumerate() {
            let described = cases.iter().any(|(c, _)| c.text == *case);
            if !described && can_be(&self.written[parent].1, value, case) {
                let (name, parent) = (name.text.clone(), by.text.clone());
                self.log.report(&by.place, PeopleError::MissingCase { name, parent, case: case.clone() });
                complete = false;
            } else if described && rules[value].is_none() {
                complete = false;
            }
        }
        complete.then_some(Rule::By(parent, rules))
    }
}

/// Whether a rule can give a value, by its place and word.
fn can_be(rule: &Written, place: usize, word: &str) -> bool {
    match rule {
        Written::Number(..) => false,
        Written::Words(words, _) => words.iter().any(|(w, p)| w.text == word && *p > 0.0),
        Written::Flag(probability, _) => {
            if place == 1 {
                *probability > 0.0
            } else {
                *probability < 1.0
            }
        }
        Written::By(_, cases) => cases.iter().any(|(_, rule)| can_be(rule, place, word)),
    }
}

/// The covariates in an order in which each comes after those that decide it.
fn ordered<K>(log: &Log<K>, covariates: &[Covariate]) -> Option<Vec<usize>>
where
    K: From<DocumentError> + From<PeopleError>,
{
    let parents: Vec<Vec<usize>> = covariates
        .iter()
        .map(|covariate| {
            let mut parents = Vec::new();
            covariate.rule.parents(&mut parents);
            parents
        })
        .collect();
    let mut order: Vec<usize> = Vec::new();
    while order.len() < covariates.len() {
        let waiting = |i: &usize| !order.contains(i);
        let ready = (0..covariates.len()).find(|i| waiting(i) && !parents[*i].iter().any(waiting));
        let Some(next) = ready else {
            // Everything that waits is decided by something that waits: going back leads round a ring.
            let mut path = vec![(0..covariates.len()).find(waiting)?];
            loop {
                let back = *parents[path[path.len() - 1]].iter().find(|p| waiting(p))?;
                if let Some(start) = path.iter().position(|p| *p == back) {
                    let ring = &path[start..];
                    let names = ring.iter().map(|i| covariates[*i].name.text.clone()).collect();
                    log.report(&covariates[ring[0]].name.place, PeopleError::Cycle { names });
                    return None;
                }
                path.push(back);
            }
        };
        order.push(next);
    }
    Some(order)
}

/// The groups that `correlation = [["weight", "age", 0.3]]` joins.
fn correlations<K>(value: &Value<'_, K>, stated: &Stated) -> Option<Vec<Group>>
where
    K: From<DocumentError> + From<PeopleError>,
{
    let log = value.log;
    let items = value.list()?;
    let pairs: Vec<_> = items.iter().map(|item| correlation(item, stated)).collect();
    let pairs: Vec<_> = pairs.into_iter().collect::<Option<_>>()?;
    let names = |(a, b, _): (usize, usize, f64)| {
        (stated.covariates[a].name.text.clone(), stated.covariates[b].name.text.clone())
    };
    for (i, pair) in pairs.iter().enumerate() {
        let same = |(a, b, _): &(usize, usize, f64)| (*a, *b) == (pair.0, pair.1) || (*b, *a) == (pair.0, pair.1);
        if pairs[..i].iter().any(same) {
            let (first, second) = names(*pair);
            log.report(&items[i].place, PeopleError::RepeatedCorrelation { first, second });
            return None;
        }
    }
    match correlation::groups(&pairs) {
        Ok(groups) => Some(groups),
        Err(at) => {
            let (first, second) = names(pairs[at]);
            log.report(&items[at].place, PeopleError::ImpossibleCorrelation { first, second });
            None
        }
    }
}

fn correlation<K>(item: &Value<'_, K>, stated: &Stated) -> Option<(usize, usize, f64)>
where
    K: From<DocumentError> + From<PeopleError>,
{
    let parts = item.list()?;
    let [first, second, number] = parts.as_slice() else {
        item.log.report(&item.place, PeopleError::Correlation);
        return None;
    };
    let find = |value: &Value<'_, K>| {
        let name = value.text()?;
        let kind = match stated.find(&name.text) {
            Some(place) if matches!(stated.covariates[place].kind, Kind::Number(..)) => return Some(place),
            Some(_) => PeopleError::NotContinuous { name: name.text.clone() },
            None => {
                let known = stated.covariates.iter().map(|c| c.name.text.clone()).collect();
                PeopleError::NotDescribed { name: name.text.clone(), known }
            }
        };
        item.log.report(&name.place, kind);
        None
    };
    let (a, b) = (find(first)?, find(second)?);
    let number = number.number()?;
    let name = |place: usize| stated.covariates[place].name.text.clone();
    if !(-1.0..=1.0).contains(&number.value) {
        let key = "correlation".into();
        item.log.report(&number.place, PeopleError::OutOfRange { name: name(a), key, needs: "-1 to 1" });
        return None;
    }
    if a == b {
        item.log.report(&item.place, PeopleError::SelfCorrelation { name: name(a) });
        return None;
    }
    Some((a, b, number.value))
}
