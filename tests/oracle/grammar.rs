//! A parser for the part of CEL that section 3 allows. The arguments that name signals and windows
//! must be literals: the anchor of a rule is made of the signals that its text names.

use std::collections::BTreeMap;

use super::condition::{Expr, Ids, Op, Value};
use super::view::{Attribute, Paid};

/// The tree, the signals named in it, and whether it asks for paid orders.
pub fn parse(text: &str, signals: &BTreeMap<String, usize>) -> Result<(Expr, Ids, bool), String> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens,
        at: 0,
        signals,
        ids: Ids::new(),
        paid: false,
    };
    let root = parser.either()?;
    match parser.tokens.get(parser.at) {
        Some(token) => Err(format!("unexpected {token:?} in `{text}`")),
        None => Ok((root, parser.ids, parser.paid)),
    }
}

/// A window or a half-life in milliseconds.
pub fn duration(text: &str) -> Result<i64, String> {
    let bad = || format!("`{text}` is not a number and one of s, m, h, d");
    let unit = match text.chars().last() {
        Some('s') => 1_000,
        Some('m') => 60_000,
        Some('h') => 3_600_000,
        Some('d') => 86_400_000,
        _ => return Err(bad()),
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    digits
        .parse::<i64>()
        .ok()
        .and_then(|n| n.checked_mul(unit))
        .ok_or_else(bad)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Number(i64),
    Text(String),
    Sign(Op),
}

/// Longer signs first, so that `<=` is not read as `<`.
const SIGNS: [Op; 16] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "(", ")", "[", "]", ",",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = |keep: fn(char) -> bool| rest.find(|c| !keep(c)).unwrap_or(rest.len());
        let taken = if first.is_ascii_digit() {
            let end = length(|c| c.is_ascii_digit());
            found.push(Token::Number(
                rest[..end].parse().map_err(|_| "number too large")?,
            ));
            end
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = length(|c| c.is_ascii_alphanumeric() || c == '_');
            found.push(Token::Name(rest[..end].to_owned()));
            end
        } else if first == '\'' || first == '"' {
            let end = rest[1..].find(first).ok_or("a string has no end")? + 2;
            let inner = &rest[1..end - 1];
            if inner.contains('\\') {
                return Err(format!("escapes are not understood: {inner}"));
            }
            found.push(Token::Text(inner.to_owned()));
            end
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| format!("unexpected `{first}` in `{text}`"))?;
            found.push(Token::Sign(sign));
            sign.len()
        };
        rest = rest[taken..].trim_start();
    }
    Ok(found)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    signals: &'a BTreeMap<String, usize>,
    ids: Ids,
    paid: bool,
}

impl Parser<'_> {
    fn sign(&mut self, wanted: &[Op]) -> Option<Op> {
        let found = match self.tokens.get(self.at)? {
            Token::Sign(sign) => wanted.iter().find(|op| *op == sign),
            Token::Name(name) if name == "in" => wanted.iter().find(|op| **op == "in"),
            _ => None,
        };
        self.at += usize::from(found.is_some());
        found.copied()
    }

    fn expect(&mut self, wanted: Op) -> Result<(), String> {
        let found = self.tokens.get(self.at).cloned();
        self.sign(&[wanted])
            .map(|_| ())
            .ok_or_else(|| format!("wanted `{wanted}`, got {found:?}"))
    }

    fn either(&mut self) -> Result<Expr, String> {
        let mut left = self.both()?;
        while self.sign(&["||"]).is_some() {
            left = Expr::Either(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expr, String> {
        let mut left = self.comparison()?;
        while self.sign(&["&&"]).is_some() {
            left = Expr::Both(Box::new(left), Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expr, String> {
        let mut left = self.sum()?;
        while let Some(op) = self.sign(&["==", "!=", "<=", ">=", "<", ">", "in"]) {
            left = Expr::Compute(op, Box::new(left), Box::new(self.sum()?));
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expr, String> {
        let mut left = self.unary()?;
        while let Some(op) = self.sign(&["+", "-"]) {
            left = Expr::Compute(op, Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, String> {
        match self.sign(&["!", "-", "(", "["]) {
            Some("!") => Ok(Expr::Not(Box::new(self.unary()?))),
            Some("-") => Ok(Expr::Minus(Box::new(self.unary()?))),
            Some("(") => {
                let inner = self.either()?;
                self.expect(")")?;
                Ok(inner)
            }
            Some(_) => {
                let mut items = Vec::new();
                while self.sign(&["]"]).is_none() {
                    if !items.is_empty() {
                        self.expect(",")?;
                    }
                    items.push(self.either()?);
                }
                Ok(Expr::List(items))
            }
            None => self.operand(),
        }
    }

    fn operand(&mut self) -> Result<Expr, String> {
        let token = self
            .tokens
            .get(self.at)
            .cloned()
            .ok_or("the condition breaks off")?;
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Expr::Value(Value::Number(number))),
            Token::Text(text) => Ok(Expr::Value(Value::Text(text))),
            Token::Name(name) => match name.as_str() {
                "true" => Ok(Expr::Value(Value::Truth(true))),
                "false" => Ok(Expr::Value(Value::Truth(false))),
                // Nobody closes a case in the oracle's world.
                "earlier_case" => Ok(Expr::Value(Value::Truth(false))),
                "means" => Ok(Expr::Means),
                "hour" => Ok(Expr::Hour),
                "age_band" => Ok(Expr::AgeBand),
                function => self.call(function),
            },
            Token::Sign(sign) => Err(format!("unexpected `{sign}`")),
        }
    }

    fn call(&mut self, function: &str) -> Result<Expr, String> {
        self.expect("(")?;
        let call = match function {
            "count" => Expr::Count(self.ids()?, self.window()?),
            "within" => Expr::Within(self.ids()?, self.window()?),
            "since" => Expr::Since(self.ids()?),
            "sequence" => {
                let first = self.ids()?;
                self.expect(",")?;
                Expr::Sequence(first, self.ids()?, self.window()?)
            }
            "distinct" => {
                let ids = self.ids()?;
                self.expect(",")?;
                let attribute = Attribute::named(&self.text()?)?;
                Expr::Distinct(ids, attribute, self.window()?)
            }
            "paid_orders" | "paid_items" | "paid_quantity" | "large_orders" => {
                self.paid = true;
                Expr::Paid(Paid::named(function)?, duration(&self.text()?)?)
            }
            _ => return Err(format!("`{function}` is unknown")),
        };
        self.expect(")")?;
        Ok(call)
    }

    fn text(&mut self) -> Result<String, String> {
        match self.tokens.get(self.at) {
            Some(Token::Text(text)) => {
                self.at += 1;
                Ok(text.clone())
            }
            other => Err(format!("wanted a string, got {other:?}")),
        }
    }

    fn window(&mut self) -> Result<i64, String> {
        self.expect(",")?;
        duration(&self.text()?)
    }

    fn ids(&mut self) -> Result<Ids, String> {
        let mut names = Vec::new();
        if self.sign(&["["]).is_none() {
            names.push(self.text()?);
        } else {
            while self.sign(&["]"]).is_none() {
                if !names.is_empty() {
                    self.expect(",")?;
                }
                names.push(self.text()?);
            }
        }
        let number = |name: &String| {
            self.signals
                .get(name)
                .copied()
                .ok_or_else(|| format!("no signal `{name}`"))
        };
        let ids = names.iter().map(number).collect::<Result<Ids, String>>()?;
        self.ids.extend(&ids);
        Ok(ids)
    }
}
