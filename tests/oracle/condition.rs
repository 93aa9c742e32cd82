//! The conditions of rules and modifiers (section 3), evaluated with three truth values.

use std::collections::{BTreeMap, BTreeSet};

use super::grammar;
use super::view::{Attribute, Paid, View};

pub type Ids = BTreeSet<usize>;

#[derive(Debug, Clone)]
pub struct Condition {
    root: Expr,
    /// The signals named anywhere in it.
    pub ids: Ids,
    /// Whether it asks for paid orders in any way.
    pub paid: bool,
}

#[derive(Debug, Clone)]
pub enum Expr {
    Value(Value),
    List(Vec<Expr>),
    Means,
    Hour,
    AgeBand,
    Count(Ids, i64),
    Within(Ids, i64),
    Since(Ids),
    Sequence(Ids, Ids, i64),
    Distinct(Ids, Attribute, i64),
    Paid(Paid, i64),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Both(Box<Expr>, Box<Expr>),
    Either(Box<Expr>, Box<Expr>),
    Compute(Op, Box<Expr>, Box<Expr>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Unknown,
    Truth(bool),
    Number(i64),
    Text(String),
    List(Vec<Value>),
}

pub type Op = &'static str;

impl Condition {
    pub fn parse(text: &str, signals: &BTreeMap<String, usize>) -> Result<Condition, String> {
        let (root, ids, paid) = grammar::parse(text, signals)?;
        Ok(Condition { root, ids, paid })
    }

    /// `None` is unknown.
    pub fn holds(&self, view: &View) -> Result<Option<bool>, String> {
        truth(evaluate(&self.root, view)?)
    }
}

fn truth(value: Value) -> Result<Option<bool>, String> {
    match value {
        Value::Unknown => Ok(None),
        Value::Truth(truth) => Ok(Some(truth)),
        other => Err(format!("{other:?} is neither true nor false")),
    }
}

fn from_truth(truth: Option<bool>) -> Value {
    truth.map_or(Value::Unknown, Value::Truth)
}

fn evaluate(expr: &Expr, view: &View) -> Result<Value, String> {
    let number = |count: usize| Value::Number(count as i64);
    Ok(match expr {
        Expr::Value(value) => value.clone(),
        Expr::List(items) => Value::List(
            items
                .iter()
                .map(|item| evaluate(item, view))
                .collect::<Result<_, _>>()?,
        ),
        Expr::Means => Value::Number(i64::from(view.order_part)),
        Expr::Hour => Value::Number(view.hour()),
        Expr::AgeBand if view.age_band.is_empty() => Value::Unknown,
        Expr::AgeBand => Value::Text(view.age_band.to_owned()),
        Expr::Count(ids, window) => number(view.count(ids, *window)),
        Expr::Within(ids, window) => Value::Truth(view.count(ids, *window) > 0),
        Expr::Since(ids) => view.latest(ids).map_or(Value::Unknown, |latest| {
            Value::Number((view.now - latest) / 1000)
        }),
        Expr::Sequence(a, b, window) => Value::Truth(view.sequence(a, b, *window)),
        Expr::Distinct(ids, attribute, window) => number(view.distinct(ids, *attribute, *window)),
        Expr::Paid(what, window) => Value::Number(view.paid(*what, *window)),
        Expr::Not(inner) => from_truth(truth(evaluate(inner, view)?)?.map(|truth| !truth)),
        Expr::Minus(inner) => compute("-", Value::Number(0), evaluate(inner, view)?)?,
        // Kleene: a false side settles `&&` and a true side settles `||`, whatever the other is.
        Expr::Both(a, b) => match (truth(evaluate(a, view)?)?, truth(evaluate(b, view)?)?) {
            (Some(false), _) | (_, Some(false)) => Value::Truth(false),
            (Some(true), Some(true)) => Value::Truth(true),
            _ => Value::Unknown,
        },
        Expr::Either(a, b) => match (truth(evaluate(a, view)?)?, truth(evaluate(b, view)?)?) {
            (Some(true), _) | (_, Some(true)) => Value::Truth(true),
            (Some(false), Some(false)) => Value::Truth(false),
            _ => Value::Unknown,
        },
        Expr::Compute(op, a, b) => compute(op, evaluate(a, view)?, evaluate(b, view)?)?,
    })
}

fn compute(op: &str, a: Value, b: Value) -> Result<Value, String> {
    use Value::{List, Number, Text, Truth, Unknown};
    let ordered = |order: std::cmp::Ordering| match op {
        "==" => Ok(Truth(order.is_eq())),
        "!=" => Ok(Truth(order.is_ne())),
        "<" => Ok(Truth(order.is_lt())),
        "<=" => Ok(Truth(order.is_le())),
        ">" => Ok(Truth(order.is_gt())),
        ">=" => Ok(Truth(order.is_ge())),
        _ => Err(format!("`{op}` does not fit its sides")),
    };
    match (op, a, b) {
        (_, Unknown, _) | (_, _, Unknown) => Ok(Unknown),
        ("in", item, List(items)) if items.contains(&item) => Ok(Truth(true)),
        ("in", _, List(items)) if items.contains(&Unknown) => Ok(Unknown),
        ("in", _, List(_)) => Ok(Truth(false)),
        ("+", Number(a), Number(b)) => a.checked_add(b).map(Number).ok_or("overflow".into()),
        ("-", Number(a), Number(b)) => a.checked_sub(b).map(Number).ok_or("overflow".into()),
        (_, Number(a), Number(b)) => ordered(a.cmp(&b)),
        (_, Text(a), Text(b)) => ordered(a.cmp(&b)),
        (_, Truth(a), Truth(b)) => ordered(a.cmp(&b)),
        (_, a, b) => Err(format!("`{op}` between {a:?} and {b:?}")),
    }
}
