//! From the text of a pattern to its tree.

use std::rc::Rc;

/// Python's numbers of the flags.
pub const IGNORE_CASE: u32 = 2;
pub const MULTI_LINE: u32 = 8;
pub const DOT_ALL: u32 = 16;
pub const VERBOSE: u32 = 64;
/// Of the package regex alone: `\p{L}` and `\p{N}`.
const PROPERTIES: u32 = 1 << 20;

/// How deep groups may nest: whoever walks the tree may recurse.
const MAX_DEPTH: usize = 100;

#[derive(Clone)]
pub enum Node {
    Empty,
    Char(char),
    Any,
    Set(Rc<CharSet>),
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    WordBoundary { negated: bool },
    /// The text of a group once more.
    Again(usize),
    Group(usize, Box<Node>),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Repeat { node: Box<Node>, least: u32, most: Option<u32>, lazy: bool },
    Look { node: Box<Node>, behind: bool, negated: bool },
    /// `(?>…)`, `a++`: once it has matched, nothing comes back into it.
    Atomic(Box<Node>),
}

#[derive(Default)]
pub struct CharSet {
    pub negated: bool,
    pub ranges: Vec<(char, char)>,
    pub classes: Vec<Class>,
}

#[derive(Clone, Copy)]
pub struct Class {
    kind: char,
    negated: bool,
}

impl Class {
    fn has(self, c: char) -> bool {
        let found = match self.kind {
            'd' => c.is_ascii_digit(),
            's' => c.is_whitespace(),
            'p' => c.is_numeric(),
            // What else is alphabetic and no letter, `prelude/late/re.py` refuses.
            'l' => c.is_alphabetic() && !c.is_numeric(),
            _ => c == '_' || c.is_alphanumeric(),
        };
        found != self.negated
    }
}

impl CharSet {
    pub fn has(&self, c: char) -> bool {
        let found = self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) || self.classes.iter().any(|class| class.has(c));
        found != self.negated
    }
}

pub struct Pattern {
    pub node: Node,
    pub flags: u32,
    /// How many groups there are, the whole match not counted.
    pub groups: usize,
    pub names: Vec<(String, usize)>,
}

/// A sentence of Python's, and the position that it names.
pub type Result<T> = std::result::Result<T, (String, usize)>;

/// Reads a pattern.
pub fn parse(text: &str, flags: u32) -> Result<Pattern> {
    let mut parser = Parser { text: text.chars().collect(), at: 0, flags, groups: 0, names: Vec::new(), depth: 0 };
    let node = parser.choice()?;
    if parser.at < parser.text.len() {
        return Err(("unbalanced parenthesis".into(), parser.at));
    }
    Ok(Pattern { node, flags: parser.flags, groups: parser.groups, names: parser.names })
}

struct Parser {
    text: Vec<char>,
    at: usize,
    flags: u32,
    groups: usize,
    names: Vec<(String, usize)>,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: &str) -> bool {
        let matches = wanted.chars().enumerate().all(|(i, c)| self.text.get(self.at + i) == Some(&c));
        if matches {
            self.at += wanted.chars().count();
        }
        matches
    }

    fn choice(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(("the pattern nests too deeply".into(), self.at));
        }
        let mut branches = vec![self.sequence()?];
        while self.take("|") {
            branches.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Choice(branches) })
    }

    fn sequence(&mut self) -> Result<Node> {
        let mut nodes = Vec::new();
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            if self.flags & VERBOSE != 0 && (c.is_whitespace() || c == '#') {
                self.at += 1;
                while c == '#' && self.peek().is_some_and(|c| c != '\n') {
                    self.at += 1;
                }
                continue;
            }
            let start = self.at;
            let node = self.atom()?;
            nodes.push(self.repeated(node, start)?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Sequence(nodes) })
    }

    fn repeated(&mut self, node: Node, start: usize) -> Result<Node> {
        let from = self.at;
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.bounds() {
                Some(bounds) => bounds,
                None => return Ok(node),
            },
            _ => return Ok(node),
        };
        if self.text[from] != '{' {
            self.at += 1;
        }
        if matches!(node, Node::Empty) || start == from {
            return Err(("nothing to repeat".into(), from));
        }
        if most.is_some_and(|most| most < least) {
            return Err(("min repeat greater than max repeat".into(), from));
        }
        let lazy = self.take("?");
        let atomic = !lazy && self.take("+");
        if matches!(self.peek(), Some('*' | '+' | '?')) {
            return Err(("multiple repeat".into(), self.at));
        }
        let repeat = Node::Repeat { node: Box::new(node), least, most, lazy };
        Ok(if atomic { Node::Atomic(Box::new(repeat)) } else { repeat })
    }

    /// `{2}`, `{2,}`, `{,3}`, `{2,3}`; anything else is text.
    fn bounds(&mut self) -> Option<(u32, Option<u32>)> {
        let end = self.text[self.at..].iter().position(|c| *c == '}')? + self.at;
        let inner: String = self.text[self.at + 1..end].iter().collect();
        let bounds = match inner.split_once(',') {
            Some((low, high)) => {
                let low = if low.is_empty() { 0 } else { low.parse().ok()? };
                (low, if high.is_empty() { None } else { Some(high.parse().ok()?) })
            }
            None => {
                let count = inner.parse().ok()?;
                (count, Some(count))
            }
        };
        self.at = end + 1;
        Some(bounds)
    }

    fn atom(&mut self) -> Result<Node> {
        let start = self.at;
        let c = self.text[self.at];
        self.at += 1;
        match c {
            '.' => Ok(Node::Any),
            '^' => Ok(if self.flags & MULTI_LINE != 0 { Node::LineStart } else { Node::TextStart }),
            '$' => Ok(Node::LineEnd),
            '(' => self.group(start),
            '[' => self.set(start),
            '\\' => self.escape(start),
            '*' | '+' | '?' => Err(("nothing to repeat".into(), start)),
            c => Ok(Node::Char(c)),
        }
    }

    fn group(&mut self, start: usize) -> Result<Node> {
        let unterminated = || ("missing ), unterminated subpattern".to_string(), start);
        if self.take("?#") {
            while !self.take(")") {
                self.peek().ok_or_else(unterminated)?;
                self.at += 1;
            }
            return Ok(Node::Empty);
        }
        let look = [("?=", false, false), ("?!", false, true), ("?<=", true, false), ("?<!", true, true)];
        let look = look.into_iter().find(|(mark, ..)| self.take(mark));
        let atomic = look.is_none() && self.take("?>");
        let mut number = 0;
        if look.is_none() && self.take("?P=") {
            let name = self.name(')')?;
            let known = self.names.iter().find(|(known, _)| *known == name);
            return known.map(|(_, number)| Node::Again(*number)).ok_or((format!("unknown group name '{name}'"), start + 4));
        }
        if look.is_none() && self.take("?P<") {
            let name = self.name('>')?;
            self.groups += 1;
            number = self.groups;
            self.names.push((name, number));
        } else if look.is_none() && self.take("?") {
            self.inline_flags(start)?;
            if self.text.get(self.at - 1) == Some(&')') {
                return Ok(Node::Empty);
            }
        } else if look.is_none() && !atomic {
            self.groups += 1;
            number = self.groups;
        }
        let node = Box::new(self.choice()?);
        if !self.take(")") {
            return Err(unterminated());
        }
        Ok(match look {
            Some((_, behind, negated)) => Node::Look { node, behind, negated },
            None if atomic => Node::Atomic(node),
            None if number == 0 => *node,
            None => Node::Group(number, node),
        })
    }

    /// `i)` or `i:` or `:` after `(?`.
    fn inline_flags(&mut self, start: usize) -> Result<()> {
        while let Some(c) = self.peek() {
            self.at += 1;
            self.flags |= match c {
                'i' => IGNORE_CASE,
                'm' => MULTI_LINE,
                's' => DOT_ALL,
                'x' => VERBOSE,
                'a' | 'u' => 0,
                ':' | ')' => return Ok(()),
                other => return Err((format!("unknown extension ?{other}"), start + 1)),
            };
        }
        Err(("missing -, : or )".into(), self.at))
    }

    fn name(&mut self, end: char) -> Result<String> {
        let from = self.at;
        while self.peek().is_some_and(|c| c != end) {
            self.at += 1;
        }
        if self.peek().is_none() {
            return Err((format!("missing {end}, unterminated name"), from));
        }
        self.at += 1;
        Ok(self.text[from..self.at - 1].iter().collect())
    }

    /// The class that the letter after a backslash stands for, which is read; `None` where it stands for something else.
    fn class(&mut self) -> Result<Option<Class>> {
        let Some(c) = self.peek() else { return Ok(None) };
        let negated = c.is_ascii_uppercase();
        let kind = match c.to_ascii_lowercase() {
            kind @ ('d' | 'w' | 's') => kind,
            'p' if self.flags & PROPERTIES != 0 => {
                self.at += 1;
                let known = [("{L}", 'l'), ("{N}", 'p')].into_iter().find(|(name, _)| self.take(name));
                let (_, kind) = known.ok_or(("only the properties {L} and {N} are in the subset".to_owned(), self.at))?;
                return Ok(Some(Class { kind, negated }));
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(Class { kind, negated }))
    }

    fn escape(&mut self, start: usize) -> Result<Node> {
        if let Some(class) = self.class()? {
            return Ok(Node::Set(Rc::new(CharSet { classes: vec![class], ..CharSet::default() })));
        }
        let Some(c) = self.peek() else { return Err(("bad escape (end of pattern)".into(), start)) };
        self.at += 1;
        match c {
            'b' | 'B' => Ok(Node::WordBoundary { negated: c == 'B' }),
            'A' => Ok(Node::TextStart),
            'Z' => Ok(Node::TextEnd),
            '1'..='9' => {
                let mut number = c.to_digit(10).unwrap_or(0) as usize;
                if let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
                    self.at += 1;
                    number = number * 10 + digit as usize;
                }
                if number > self.groups {
                    return Err((format!("invalid group reference {number}"), start + 1));
                }
                Ok(Node::Again(number))
            }
            _ => {
                self.at -= 1;
                Ok(Node::Char(self.escaped_char(start)?))
            }
        }
    }

    fn escaped_char(&mut self, start: usize) -> Result<char> {
        let c = self.text[self.at];
        self.at += 1;
        Ok(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'a' => '\u{7}',
            '0' => '\0',
            'x' | 'u' => {
                let length = if c == 'x' { 2 } else { 4 };
                let digits: String = self.text[self.at..].iter().take(length).collect();
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == length).and_then(char::from_u32);
                self.at += length;
                return code.ok_or((format!("incomplete escape \\{c}{digits}"), start));
            }
            c if c.is_ascii_alphabetic() => return Err((format!("bad escape \\{c}"), start)),
            c => c,
        })
    }

    fn set(&mut self, start: usize) -> Result<Node> {
        let mut set = CharSet { negated: self.take("^"), ..CharSet::default() };
        let unterminated = || ("unterminated character set".to_string(), start);
        let mut first = true;
        loop {
            let from = self.at;
            let c = self.peek().ok_or_else(unterminated)?;
            self.at += 1;
            if c == ']' && !first {
                return Ok(Node::Set(Rc::new(set)));
            }
            first = false;
            let low = if c == '\\' {
                let next = self.peek().ok_or_else(unterminated)?;
                if let Some(class) = self.class()? {
                    set.classes.push(class);
                    continue;
                }
                if next == 'b' {
                    self.at += 1;
                    '\u{8}'
                } else {
                    self.escaped_char(from)?
                }
            } else {
                c
            };
            let is_range = self.peek() == Some('-') && self.text.get(self.at + 1).is_some_and(|c| *c != ']');
            if !is_range {
                set.ranges.push((low, low));
                continue;
            }
            self.at += 1;
            let mut high = self.text[self.at];
            self.at += 1;
            if high == '\\' {
                self.peek().ok_or_else(unterminated)?;
                high = self.escaped_char(from)?;
            }
            if high < low {
                return Err((format!("bad character range {low}-{high}"), from));
            }
            set.ranges.push((low, high));
        }
    }
}
