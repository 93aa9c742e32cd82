//! The lexicons of a pack, and the lines in them that stand for several terms.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::fold::Folder;
use super::matching::Lexicons;

const MOST_TERMS: usize = 500;

/// By name; a directory that is not there has no files.
pub fn files(dir: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut paths = BTreeSet::new();
    for entry in entries {
        let path = entry.map_err(|e| format!("{}: {e}", dir.display()))?.path();
        if path.extension().is_some_and(|found| found == extension) {
            paths.insert(path);
        }
    }
    Ok(paths.into_iter().collect())
}

pub fn lexicons(dir: &Path, folder: &Folder) -> Result<Lexicons, String> {
    let mut lexicons = Lexicons::default();
    for path in files(dir, "txt")? {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let lexicon = lexicons.open(name.split('.').next().unwrap_or(&name));
        let text =
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or("").trim();
            let terms = alternatives(line).map_err(|e| format!("{}: {e}", path.display()))?;
            for term in terms {
                lexicons.add(lexicon, folder.fold(term.trim()));
            }
        }
    }
    Ok(lexicons)
}

/// Every term that a line stands for: each of the alternatives of each pair of braces.
pub fn alternatives(line: &str) -> Result<Vec<String>, String> {
    let mut terms = vec![String::new()];
    let mut rest = line;
    while let Some((before, group)) = rest.split_once('{') {
        let (inside, after) = group
            .split_once('}')
            .ok_or_else(|| format!("a brace stays open in `{line}`"))?;
        if before.contains('}') || inside.contains('{') {
            return Err(format!("braces do not match in `{line}`"));
        }
        let choices: Vec<&str> = inside.split('|').collect();
        if terms.len() * choices.len() > MOST_TERMS {
            return Err(format!("more than {MOST_TERMS} terms in `{line}`"));
        }
        terms = terms
            .iter()
            .flat_map(|term| {
                choices
                    .iter()
                    .map(move |choice| format!("{term}{before}{choice}"))
            })
            .collect();
        rest = after;
    }
    if rest.contains('}') {
        return Err(format!("braces do not match in `{line}`"));
    }
    Ok(terms.iter().map(|term| format!("{term}{rest}")).collect())
}
