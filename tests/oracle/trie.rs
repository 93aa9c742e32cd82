//! Many terms looked for at one place at once: what makes tens of thousands of them bearable.

use std::collections::HashMap;

/// Terms by their characters, each with something to know it by.
pub struct Trie<T> {
    nodes: Vec<Node<T>>,
}

struct Node<T> {
    next: HashMap<char, usize>,
    /// What ends here.
    ends: Vec<T>,
}

impl<T> Default for Trie<T> {
    fn default() -> Trie<T> {
        Trie {
            nodes: vec![Node::default()],
        }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Node<T> {
        Node {
            next: HashMap::new(),
            ends: Vec::new(),
        }
    }
}

impl<T> Trie<T> {
    /// An empty term is none: it would stand everywhere.
    pub fn add(&mut self, term: &[char], known_by: T) {
        if term.is_empty() {
            return;
        }
        let mut at = 0;
        for &c in term {
            let new = self.nodes.len();
            let next = *self.nodes[at].next.entry(c).or_insert(new);
            if next == new {
                self.nodes.push(Node::default());
            }
            at = next;
        }
        self.nodes[at].ends.push(known_by);
    }

    /// Every term with which the text begins, and its length.
    pub fn at_start<'a>(&'a self, text: &[char]) -> Vec<(usize, &'a T)> {
        let mut found = Vec::new();
        let mut at = 0;
        for (before, c) in text.iter().enumerate() {
            let Some(&next) = self.nodes[at].next.get(c) else {
                break;
            };
            at = next;
            found.extend(self.nodes[at].ends.iter().map(|end| (before + 1, end)));
        }
        found
    }
}
