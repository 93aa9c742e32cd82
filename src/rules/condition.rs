//! Conditions over a person's signals: CEL as the `cel` crate parses it, with names, types and unknowns checked by us
//! before load, and a small evaluator that knows *unknown*.
//!
//! The crate's own interpreter is not used: it turns a missing value into an error, and a missing value must become
//! *unknown*, travel by Kleene's tables and be reported, never turn silently into false.

use std::sync::Arc;

use cel::common::ast::{CallExpr, Expr as Cel, IdedExpr, LiteralValue, SourceInfo, operators};

use super::problem::{Problems, did_you_mean};
use super::yaml::Node;
use crate::domain::AgeBand;
use crate::domain::signal::engine;
use crate::domain::time::parse_length_ms;

/// What a condition may ask of a person's memory. All windows are in milliseconds and reach back from now.
pub trait Memory {
    /// How many signals of these ids lie in the window.
    fn count(&self, ids: &[Arc<str>], window_ms: i64) -> i64;
    /// Seconds since the latest signal of these ids.
    fn since_s(&self, ids: &[Arc<str>]) -> Option<i64>;
    /// Whether one of `b` follows one of `a` of another event, at most `window_ms` later.
    fn sequence(&self, a: &[Arc<str>], b: &[Arc<str>], window_ms: i64) -> bool;
    /// How many different values of an attribute.
    fn distinct(&self, ids: &[Arc<str>], attribute: Attribute, window_ms: i64) -> i64;
    /// A figure over the paid orders of watched goods.
    fn paid(&self, figure: PaidFigure, window_ms: i64) -> i64;
    /// The order part of means.
    fn means(&self) -> i64;
    /// The local hour of now.
    fn hour(&self) -> i64;
    /// The person's age band, if it is known.
    fn age_band(&self) -> Option<AgeBand>;
    /// Whether a case of this person was closed before.
    fn earlier_case(&self) -> bool;
}

/// What `distinct` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// The watched category.
    Category,
    /// The shop.
    Merchant,
    /// The order.
    Order,
    /// What was done.
    Act,
}

/// Figures over paid orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaidFigure {
    /// How many orders.
    Orders,
    /// How many different titles.
    Items,
    /// How many pieces.
    Quantity,
    /// How many orders of a large amount.
    LargeOrders,
}

/// Names that conditions of a pack may use.
#[derive(Debug, Default)]
pub struct Scope {
    /// Ids of text signals.
    pub signals: Vec<Arc<str>>,
}

/// A checked condition.
#[derive(Debug)]
pub struct Condition {
    expr: Expr,
    /// Every signal id named; decides from when the evidence decays.
    pub anchors: Anchors,
    /// As written.
    pub source: String,
}

/// From which signals evidence decays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchors {
    /// The latest of these.
    Named(Vec<Arc<str>>),
    /// The latest of any.
    Any,
}

/// Three-valued truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Something it needs is missing.
    Unknown,
}

#[derive(Debug)]
enum Expr {
    Literal(Value),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Order, Box<Expr>, Box<Expr>),
    Add(Box<Expr>, Box<Expr>),
    Subtract(Box<Expr>, Box<Expr>),
    In(Box<Expr>, Vec<Expr>),
    Count(Vec<Arc<str>>, i64),
    Within(Vec<Arc<str>>, i64),
    Since(Vec<Arc<str>>),
    Sequence(Vec<Arc<str>>, Vec<Arc<str>>, i64),
    Distinct(Vec<Arc<str>>, Attribute, i64),
    Paid(PaidFigure, i64),
    Means,
    Hour,
    AgeBand,
    EarlierCase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Int(i64),
    Bool(bool),
    Text(Arc<str>),
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Int,
    Bool,
    Text,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Type::Int => "a number",
            Type::Bool => "true or false",
            Type::Text => "a word",
        }
    }
}

const VARIABLES: &[&str] = &["means", "hour", "age_band", "earlier_case"];
const FUNCTIONS: &[&str] = &[
    "count",
    "within",
    "since",
    "sequence",
    "distinct",
    "paid_orders",
    "paid_items",
    "paid_quantity",
    "large_orders",
];

impl Condition {
    pub(crate) fn compile(
        file: &str,
        node: &Node,
        source: &str,
        scope: &Scope,
        problems: &mut Problems,
    ) -> Option<Self> {
        let parsed = cel::parser::Parser::new()
            .max_recursion_depth(32)
            .error_recovery_limit(4)
            .parse_with_source_info(source);
        let (tree, places) = match parsed {
            Ok(parsed) => parsed,
            Err(errors) => {
                for error in errors.errors {
                    // The parser counts columns from 1 within the expression.
                    let place =
                        node.place_at(usize::try_from(error.pos.1).unwrap_or(1).saturating_sub(1));
                    problems.add(
                        file,
                        place,
                        format!("this is no condition: {}", error.msg),
                        "",
                    );
                }
                return None;
            }
        };
        let before = problems.sorted().len();
        let mut check = Check {
            file,
            node,
            places: &places,
            scope,
            problems,
            ids: Vec::new(),
            paid: false,
        };
        let (expr, kind) = check.expr(&tree)?;
        if kind != Type::Bool {
            check.problem(
                &tree,
                format!("a condition must be true or false, this is {}", kind.name()),
                "compare it",
            );
        }
        let (mut ids, paid) = (check.ids, check.paid);
        ids.sort();
        ids.dedup();
        let anchors = match (ids.is_empty(), paid) {
            (false, _) => Anchors::Named(ids),
            (true, true) => Anchors::Named(vec![engine::WATCHED_GOODS.into()]),
            (true, false) => Anchors::Any,
        };
        (problems.sorted().len() == before).then(|| Self {
            expr,
            anchors,
            source: source.to_owned(),
        })
    }

    /// Asks the condition of a memory.
    pub fn holds(&self, memory: &dyn Memory) -> Truth {
        match self.expr.eval(memory) {
            Value::Bool(true) => Truth::True,
            Value::Bool(false) => Truth::False,
            _ => Truth::Unknown,
        }
    }
}

struct Check<'a> {
    file: &'a str,
    node: &'a Node,
    places: &'a SourceInfo,
    scope: &'a Scope,
    problems: &'a mut Problems,
    ids: Vec<Arc<str>>,
    paid: bool,
}

impl Check<'_> {
    fn problem(&mut self, at: &IdedExpr, message: impl Into<String>, hint: impl Into<String>) {
        let offset = self
            .places
            .offset_for(at.id)
            .map_or(0, |(start, _)| start as usize);
        self.problems
            .add(self.file, self.node.place_at(offset), message, hint);
    }

    /// The parser places a call at its bracket; a person looks at its name.
    fn function_problem(
        &mut self,
        at: &IdedExpr,
        name: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let bracket = self
            .places
            .offset_for(at.id)
            .map_or(0, |(start, _)| start as usize);
        let place = self
            .node
            .place_at(bracket.saturating_sub(name.chars().count()));
        self.problems.add(self.file, place, message, hint);
    }

    fn expr(&mut self, tree: &IdedExpr) -> Option<(Expr, Type)> {
        match &tree.expr {
            Cel::Literal(literal) => self.literal(tree, literal),
            Cel::Ident(name) => self.variable(tree, name),
            Cel::Call(call) if call.target.is_none() => self.call(tree, call),
            _ => {
                self.problem(
                    tree,
                    "this form is not part of the language",
                    "use && || ! comparisons, in, and the functions",
                );
                None
            }
        }
    }

    fn literal(&mut self, tree: &IdedExpr, literal: &LiteralValue) -> Option<(Expr, Type)> {
        let (value, kind) = match literal {
            LiteralValue::Int(n) => (Value::Int(*n.inner()), Type::Int),
            LiteralValue::Boolean(b) => (Value::Bool(*b.inner()), Type::Bool),
            LiteralValue::String(s) => (Value::Text(s.inner().into()), Type::Text),
            _ => {
                self.problem(
                    tree,
                    "only whole numbers, words, true and false are known",
                    "",
                );
                return None;
            }
        };
        Some((Expr::Literal(value), kind))
    }

    fn variable(&mut self, tree: &IdedExpr, name: &str) -> Option<(Expr, Type)> {
        match name {
            "means" => Some((Expr::Means, Type::Int)),
            "hour" => Some((Expr::Hour, Type::Int)),
            "age_band" => Some((Expr::AgeBand, Type::Text)),
            "earlier_case" => Some((Expr::EarlierCase, Type::Bool)),
            _ => {
                let mut hint = did_you_mean(name, VARIABLES.iter().copied());
                if hint.is_empty() {
                    hint = format!("known: {}", VARIABLES.join(", "));
                }
                self.problem(tree, format!("nothing is called `{name}`"), hint);
                None
            }
        }
    }

    fn call(&mut self, tree: &IdedExpr, call: &CallExpr) -> Option<(Expr, Type)> {
        let order = match call.func_name.as_str() {
            operators::EQUALS => Some(Order::Equal),
            operators::NOT_EQUALS => Some(Order::NotEqual),
            operators::LESS => Some(Order::Less),
            operators::LESS_EQUALS => Some(Order::LessEqual),
            operators::GREATER => Some(Order::Greater),
            operators::GREATER_EQUALS => Some(Order::GreaterEqual),
            _ => None,
        };
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_NOT, [a]) => {
                Some((Expr::Not(Box::new(self.typed(a, Type::Bool)?)), Type::Bool))
            }
            (operators::LOGICAL_AND, [a, b]) => {
                let (a, b) = (self.typed(a, Type::Bool), self.typed(b, Type::Bool));
                Some((Expr::And(Box::new(a?), Box::new(b?)), Type::Bool))
            }
            (operators::LOGICAL_OR, [a, b]) => {
                let (a, b) = (self.typed(a, Type::Bool), self.typed(b, Type::Bool));
                Some((Expr::Or(Box::new(a?), Box::new(b?)), Type::Bool))
            }
            (operators::ADD, [a, b]) => {
                let (a, b) = (self.typed(a, Type::Int), self.typed(b, Type::Int));
                Some((Expr::Add(Box::new(a?), Box::new(b?)), Type::Int))
            }
            (operators::SUBSTRACT, [a, b]) => {
                let (a, b) = (self.typed(a, Type::Int), self.typed(b, Type::Int));
                Some((Expr::Subtract(Box::new(a?), Box::new(b?)), Type::Int))
            }
            (operators::NEGATE, [a]) => {
                let a = self.typed(a, Type::Int)?;
                Some((
                    Expr::Subtract(Box::new(Expr::Literal(Value::Int(0))), Box::new(a)),
                    Type::Int,
                ))
            }
            (operators::IN, [a, list]) => self.membership(a, list),
            (_, [a, b]) if order.is_some() => self.comparison(order?, a, b),
            (name, args) => self.function(tree, name, args),
        }
    }

    fn typed(&mut self, tree: &IdedExpr, wanted: Type) -> Option<Expr> {
        let (expr, kind) = self.expr(tree)?;
        if kind != wanted {
            self.problem(
                tree,
                format!("{} is needed here, this is {}", wanted.name(), kind.name()),
                "",
            );
            return None;
        }
        Some(expr)
    }

    fn comparison(&mut self, order: Order, a: &IdedExpr, b: &IdedExpr) -> Option<(Expr, Type)> {
        let (left, kind) = self.expr(a)?;
        let right = self.typed(b, kind)?;
        if kind != Type::Int && !matches!(order, Order::Equal | Order::NotEqual) {
            self.problem(a, "only numbers are greater or less", "use == or !=");
        }
        for (variable, literal, at) in [(&left, &right, b), (&right, &left, a)] {
            self.check_age_band(variable, literal, at);
        }
        Some((
            Expr::Compare(order, Box::new(left), Box::new(right)),
            Type::Bool,
        ))
    }

    fn check_age_band(&mut self, variable: &Expr, literal: &Expr, at: &IdedExpr) {
        if let (Expr::AgeBand, Expr::Literal(Value::Text(band))) = (variable, literal)
            && (band.is_empty() || AgeBand::from_name(band).is_none())
        {
            let names: Vec<&str> = AgeBand::ALL[1..].iter().map(|b| b.name()).collect();
            self.problem(
                at,
                format!("`{band}` is no age band"),
                format!("one of {}", names.join(", ")),
            );
        }
    }

    fn membership(&mut self, a: &IdedExpr, list: &IdedExpr) -> Option<(Expr, Type)> {
        let (left, kind) = self.expr(a)?;
        let Cel::List(items) = &list.expr else {
            self.problem(
                list,
                "after `in` comes a list",
                "such as ['UNDER_14', 'UNDER_18']",
            );
            return None;
        };
        let mut values = Vec::new();
        for item in &items.elements {
            let value = self.typed(item, kind)?;
            self.check_age_band(&left, &value, item);
            values.push(value);
        }
        Some((Expr::In(Box::new(left), values), Type::Bool))
    }

    fn function(&mut self, tree: &IdedExpr, name: &str, args: &[IdedExpr]) -> Option<(Expr, Type)> {
        let paid = match name {
            "paid_orders" => Some(PaidFigure::Orders),
            "paid_items" => Some(PaidFigure::Items),
            "paid_quantity" => Some(PaidFigure::Quantity),
            "large_orders" => Some(PaidFigure::LargeOrders),
            _ => None,
        };
        match (name, args) {
            ("count", [ids, window]) => {
                let (ids, window) = (self.ids(ids), self.window(window));
                Some((Expr::Count(ids?, window?), Type::Int))
            }

            ("within", [ids, window]) => {
                let (ids, window) = (self.ids(ids), self.window(window));
                Some((Expr::Within(ids?, window?), Type::Bool))
            }

            ("since", [ids]) => Some((Expr::Since(self.ids(ids)?), Type::Int)),
            ("sequence", [a, b, window]) => {
                let (a, b, window) = (self.ids(a), self.ids(b), self.window(window));
                Some((Expr::Sequence(a?, b?, window?), Type::Bool))
            }
            ("distinct", [ids, attribute, window]) => {
                let (ids, attribute, window) = (
                    self.ids(ids),
                    self.attribute(attribute),
                    self.window(window),
                );
                Some((Expr::Distinct(ids?, attribute?, window?), Type::Int))
            }
            (_, [window]) if paid.is_some() => {
                self.paid = true;
                Some((Expr::Paid(paid?, self.window(window)?), Type::Int))
            }
            _ if FUNCTIONS.contains(&name) => {
                self.function_problem(
                    tree,
                    name,
                    format!("`{name}` does not take {} values", args.len()),
                    "see rules/README.md, section 3",
                );
                None
            }
            _ => {
                let mut hint = did_you_mean(name, FUNCTIONS.iter().copied());
                if hint.is_empty() {
                    hint = format!("known: {}", FUNCTIONS.join(", "));
                }
                self.function_problem(tree, name, format!("there is no function `{name}`"), hint);
                None
            }
        }
    }

    fn word<'t>(&mut self, tree: &'t IdedExpr) -> Option<&'t str> {
        match &tree.expr {
            Cel::Literal(LiteralValue::String(s)) => Some(s.inner()),
            _ => {
                self.problem(tree, "a word in quotes is needed here", "");
                None
            }
        }
    }

    fn ids(&mut self, tree: &IdedExpr) -> Option<Vec<Arc<str>>> {
        let items: Vec<&IdedExpr> = match &tree.expr {
            Cel::List(list) => list.elements.iter().collect(),
            _ => vec![tree],
        };
        let mut found = Vec::new();
        for item in items {
            let id = self.word(item)?;
            let known = self
                .scope
                .signals
                .iter()
                .map(|s| &**s)
                .chain(engine::ALL.iter().copied());
            if !known.clone().any(|k| k == id) {
                let hint = did_you_mean(id, known);
                self.problem(item, format!("no signal is called `{id}`"), hint);
                return None;
            }
            found.push(Arc::<str>::from(id));
        }
        self.ids.extend(found.iter().cloned());
        Some(found)
    }

    fn window(&mut self, tree: &IdedExpr) -> Option<i64> {
        let text = self.word(tree)?;
        let length = parse_length_ms(text);
        if length.is_none() {
            self.problem(
                tree,
                format!("`{text}` is no length of time"),
                "such as '72h' or '30d'; more than nothing, at most ten years",
            );
        }
        length
    }

    fn attribute(&mut self, tree: &IdedExpr) -> Option<Attribute> {
        match self.word(tree)? {
            "category" => Some(Attribute::Category),
            "merchant" => Some(Attribute::Merchant),
            "order" => Some(Attribute::Order),
            "act" => Some(Attribute::Act),
            other => {
                let hint = did_you_mean(other, ["category", "merchant", "order", "act"]);
                self.problem(tree, format!("signals have no attribute `{other}`"), hint);
                None
            }
        }
    }
}

impl Expr {
    fn eval(&self, memory: &dyn Memory) -> Value {
        match self {
            Expr::Literal(value) => value.clone(),
            Expr::Not(a) => match a.eval(memory) {
                Value::Bool(b) => Value::Bool(!b),
                _ => Value::Unknown,
            },
            Expr::And(a, b) => match a.eval(memory) {
                Value::Bool(false) => Value::Bool(false),
                Value::Bool(true) => b.eval(memory),
                _ => match b.eval(memory) {
                    Value::Bool(false) => Value::Bool(false),
                    _ => Value::Unknown,
                },
            },
            Expr::Or(a, b) => match a.eval(memory) {
                Value::Bool(true) => Value::Bool(true),
                Value::Bool(false) => b.eval(memory),
                _ => match b.eval(memory) {
                    Value::Bool(true) => Value::Bool(true),
                    _ => Value::Unknown,
                },
            },
            Expr::Compare(order, a, b) => compare(*order, &a.eval(memory), &b.eval(memory)),
            Expr::Add(a, b) => arithmetic(&a.eval(memory), &b.eval(memory), i64::saturating_add),
            Expr::Subtract(a, b) => {
                arithmetic(&a.eval(memory), &b.eval(memory), i64::saturating_sub)
            }
            Expr::In(a, list) => match a.eval(memory) {
                Value::Unknown => Value::Unknown,
                value => list.iter().fold(Value::Bool(false), |so_far, item| {
                    match (so_far, item.eval(memory)) {
                        (Value::Bool(true), _) => Value::Bool(true),
                        (so_far, item) if item != Value::Unknown => {
                            if item == value {
                                Value::Bool(true)
                            } else {
                                so_far
                            }
                        }
                        _ => Value::Unknown,
                    }
                }),
            },
            Expr::Count(ids, window) => Value::Int(memory.count(ids, *window)),
            Expr::Within(ids, window) => Value::Bool(memory.count(ids, *window) > 0),
            Expr::Since(ids) => memory.since_s(ids).map_or(Value::Unknown, Value::Int),
            Expr::Sequence(a, b, window) => Value::Bool(memory.sequence(a, b, *window)),
            Expr::Distinct(ids, attribute, window) => {
                Value::Int(memory.distinct(ids, *attribute, *window))
            }
            Expr::Paid(figure, window) => Value::Int(memory.paid(*figure, *window)),
            Expr::Means => Value::Int(memory.means()),
            Expr::Hour => Value::Int(memory.hour()),
            Expr::AgeBand => memory
                .age_band()
                .map_or(Value::Unknown, |band| Value::Text(band.name().into())),
            Expr::EarlierCase => Value::Bool(memory.earlier_case()),
        }
    }
}

fn compare(order: Order, a: &Value, b: &Value) -> Value {
    let ordering = match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => return Value::Unknown,
    };
    Value::Bool(match order {
        Order::Equal => ordering.is_eq(),
        Order::NotEqual => ordering.is_ne(),
        Order::Less => ordering.is_lt(),
        Order::LessEqual => ordering.is_le(),
        Order::Greater => ordering.is_gt(),
        Order::GreaterEqual => ordering.is_ge(),
    })
}

fn arithmetic(a: &Value, b: &Value, of: fn(i64, i64) -> i64) -> Value {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Value::Int(of(*a, *b)),
        _ => Value::Unknown,
    }
}
