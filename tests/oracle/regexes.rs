//! A pattern as the folded view must be asked for it: the letters and digits that the operator wrote, folded in place.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, ClassBracketed, ClassSet, ClassSetItem};

use super::fold::Folder;

/// Classes of more characters than these stay as they are.
const CLASS_MOST: usize = 256;

/// What is put in place of the bytes `from..to` of the pattern.
struct Edit {
    from: usize,
    to: usize,
    text: String,
}

pub fn folded(pattern: &str, folder: &Folder) -> Result<String, String> {
    let tree = Parser::new().parse(pattern).map_err(|e| e.to_string())?;
    let mut edits = Vec::new();
    collect(&tree, folder, &mut edits);
    edits.sort_by_key(|edit| edit.from);
    let mut out = pattern.to_owned();
    for edit in edits.iter().rev() {
        out.replace_range(edit.from..edit.to, &edit.text);
    }
    Ok(out)
}

fn collect(tree: &Ast, folder: &Folder, edits: &mut Vec<Edit>) {
    match tree {
        Ast::Literal(literal) => {
            if let Some(text) = shown_as(literal.c, folder) {
                edits.push(Edit {
                    from: literal.span.start.offset,
                    to: literal.span.end.offset,
                    text: format!("(?:{})", regex_syntax::escape(&text)),
                });
            }
        }
        Ast::ClassBracketed(class) => of_class(class, folder, edits),
        Ast::Repetition(repetition) => collect(&repetition.ast, folder, edits),
        Ast::Group(group) => collect(&group.ast, folder, edits),
        Ast::Alternation(all) => all.asts.iter().for_each(|a| collect(a, folder, edits)),
        Ast::Concat(all) => all.asts.iter().for_each(|a| collect(a, folder, edits)),
        _ => {}
    }
}

/// The folded characters are added before the closing bracket, so that a negated class leaves them out too.
fn of_class(class: &ClassBracketed, folder: &Folder, edits: &mut Vec<Edit>) {
    let ClassSet::Item(item) = &class.kind else {
        return;
    };
    let Some(members) = members(item).filter(|all| all.len() <= CLASS_MOST) else {
        return;
    };
    let folded = members.iter().filter_map(|&c| {
        let text = shown_as(c, folder)?;
        (text.chars().count() == 1).then_some(text)
    });
    let text: String = folded.map(|text| regex_syntax::escape(&text)).collect();
    let end = class.span.end.offset - 1;
    edits.push(Edit {
        from: end,
        to: end,
        text,
    });
}

/// All characters of a class, where each is written out.
fn members(item: &ClassSetItem) -> Option<Vec<char>> {
    match item {
        ClassSetItem::Empty(_) => Some(Vec::new()),
        ClassSetItem::Literal(literal) => Some(vec![literal.c]),
        ClassSetItem::Range(range) => Some((range.start.c..=range.end.c).collect()),
        ClassSetItem::Union(union) => {
            let each: Option<Vec<Vec<char>>> = union.items.iter().map(members).collect();
            each.map(|each| each.concat())
        }
        _ => None,
    }
}

/// None where the character stays.
fn shown_as(c: char, folder: &Folder) -> Option<String> {
    if !c.is_alphanumeric() {
        return None;
    }
    let text = folder.fold(&c.to_string()).text();
    (!text.trim().is_empty() && text != c.to_string()).then_some(text)
}
