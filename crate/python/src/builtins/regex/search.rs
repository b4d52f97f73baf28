//! From the tree of a pattern to instructions, and their search in a text by backtracking.
//!
//! The places to come back to lie on a stack of this machine's own, and every instruction counts against a budget:
//! a pattern that would never end raises an error instead.

use std::rc::Rc;

use super::parse::{CharSet, DOT_ALL, IGNORE_CASE, MULTI_LINE, Node, Pattern};

/// Instructions that one search may take.
const MAX_STEPS: u64 = 20_000_000;
/// Places to come back to.
const MAX_PLACES: usize = 4_000_000;
/// Instructions of one pattern: repetitions with bounds are written out.
const MAX_INSTRUCTIONS: usize = 20_000;

enum Instruction {
    Char(char),
    Any,
    Set(Rc<CharSet>),
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    WordBoundary { negated: bool },
    Again(usize),
    /// Keeps the position in this slot.
    Save(usize),
    Jump(usize),
    /// Tries the first, and comes back to the second.
    Split(usize, usize),
    /// Fails where nothing was read since the slot was saved: an empty turn of a loop would never end.
    Progress(usize),
    /// The code up to `end` must match here, or must not; `width` characters back for what lies behind.
    Look { end: usize, negated: bool, width: Option<usize> },
    /// The code up to `end` must match here, in one way only, and what it read is read.
    Atomic { end: usize },
    Match,
}

pub struct Program {
    code: Vec<Instruction>,
    flags: u32,
    /// Positions that are kept: two for each group, then one for each loop.
    slots: usize,
    pub groups: usize,
    pub names: Vec<(String, usize)>,
}

/// What a search found: start and end of the match and of each group, in characters.
pub type Spans = Vec<Option<usize>>;

impl Program {
    pub fn new(pattern: Pattern) -> Result<Program, (String, usize)> {
        let Pattern { node, flags, groups, names } = pattern;
        let mut program = Program { code: Vec::new(), flags, slots: 2 * (groups + 1), groups, names };
        program.compile(&node)?;
        program.code.push(Instruction::Match);
        Ok(program)
    }

    fn push(&mut self, instruction: Instruction) -> Result<usize, (String, usize)> {
        if self.code.len() >= MAX_INSTRUCTIONS {
            return Err(("the pattern is too long once its repetitions are written out".into(), 0));
        }
        self.code.push(instruction);
        Ok(self.code.len() - 1)
    }

    fn compile(&mut self, node: &Node) -> Result<(), (String, usize)> {
        match node {
            Node::Empty => {}
            Node::Char(c) => drop(self.push(Instruction::Char(if self.flags & IGNORE_CASE != 0 { lower(*c) } else { *c }))?),
            Node::Any => drop(self.push(Instruction::Any)?),
            Node::Set(set) => drop(self.push(Instruction::Set(set.clone()))?),
            Node::LineStart => drop(self.push(Instruction::LineStart)?),
            Node::LineEnd => drop(self.push(Instruction::LineEnd)?),
            Node::TextStart => drop(self.push(Instruction::TextStart)?),
            Node::TextEnd => drop(self.push(Instruction::TextEnd)?),
            Node::WordBoundary { negated } => drop(self.push(Instruction::WordBoundary { negated: *negated })?),
            Node::Again(group) => drop(self.push(Instruction::Again(*group))?),
            Node::Group(number, node) => {
                self.push(Instruction::Save(2 * number))?;
                self.compile(node)?;
                self.push(Instruction::Save(2 * number + 1))?;
            }
            Node::Sequence(nodes) => {
                for node in nodes {
                    self.compile(node)?;
                }
            }
            Node::Choice(branches) => {
                let mut ends = Vec::new();
                for (position, branch) in branches.iter().enumerate() {
                    let is_last = position + 1 == branches.len();
                    let split = if is_last { None } else { Some(self.push(Instruction::Split(0, 0))?) };
                    self.compile(branch)?;
                    if let Some(split) = split {
                        ends.push(self.push(Instruction::Jump(0))?);
                        self.code[split] = Instruction::Split(split + 1, self.code.len());
                    }
                }
                let end = self.code.len();
                ends.into_iter().for_each(|jump| self.code[jump] = Instruction::Jump(end));
            }
            Node::Repeat { node, least, most, lazy } => self.repeat(node, *least, *most, *lazy)?,
            Node::Look { node, behind, negated } => {
                let width = if *behind {
                    Some(width(node).ok_or(("look-behind requires fixed-width pattern".to_string(), 0))?)
                } else {
                    None
                };
                let look = self.push(Instruction::Match)?;
                self.compile(node)?;
                self.push(Instruction::Match)?;
                self.code[look] = Instruction::Look { end: self.code.len(), negated: *negated, width };
            }
            Node::Atomic(node) => {
                let atomic = self.push(Instruction::Match)?;
                self.compile(node)?;
                self.push(Instruction::Match)?;
                self.code[atomic] = Instruction::Atomic { end: self.code.len() };
            }
        }
        Ok(())
    }

    fn repeat(&mut self, node: &Node, least: u32, most: Option<u32>, lazy: bool) -> Result<(), (String, usize)> {
        let order = |go: usize, stop: usize| if lazy { Instruction::Split(stop, go) } else { Instruction::Split(go, stop) };
        for _ in 0..least {
            self.compile(node)?;
        }
        match most {
            None => {
                let slot = self.slots;
                self.slots += 1;
                let split = self.push(Instruction::Match)?;
                self.push(Instruction::Save(slot))?;
                self.compile(node)?;
                self.push(Instruction::Progress(slot))?;
                self.push(Instruction::Jump(split))?;
                self.code[split] = order(split + 1, self.code.len());
            }
            Some(most) => {
                let mut splits = Vec::new();
                for _ in least..most {
                    splits.push(self.push(Instruction::Match)?);
                    self.compile(node)?;
                }
                let end = self.code.len();
                splits.into_iter().for_each(|split| self.code[split] = order(split + 1, end));
            }
        }
        Ok(())
    }

    /// The first match at or after `from`; only there if `anchored`, and up to the end of the text if `whole`.
    /// The error is that the search takes too long.
    pub fn search(&self, text: &[char], from: usize, anchored: bool, whole: bool) -> Result<Option<Spans>, ()> {
        let mut run = Run { program: self, text, whole, steps: 0 };
        for start in from..=text.len() {
            let mut slots = vec![None; self.slots];
            slots[0] = Some(start);
            if let Some(end) = run.run(0, start, &mut slots, 0)? {
                slots[1] = Some(end);
                slots.truncate(2 * (self.groups + 1));
                return Ok(Some(slots));
            }
            if anchored {
                break;
            }
        }
        Ok(None)
    }
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// How many characters the node always reads.
fn width(node: &Node) -> Option<usize> {
    match node {
        Node::Char(_) | Node::Any | Node::Set(_) => Some(1),
        Node::Group(_, node) | Node::Atomic(node) => width(node),
        Node::Sequence(nodes) => nodes.iter().map(width).sum(),
        Node::Choice(branches) => {
            let widths: Option<Vec<usize>> = branches.iter().map(width).collect();
            widths.and_then(|widths| widths.iter().all(|w| *w == widths[0]).then(|| widths[0]))
        }
        Node::Repeat { node, least, most, .. } => (Some(*least) == *most).then(|| width(node).map(|w| w * *least as usize)).flatten(),
        Node::Again(_) => None,
        _ => Some(0),
    }
}

struct Run<'a> {
    program: &'a Program,
    text: &'a [char],
    whole: bool,
    steps: u64,
}

/// A place to come back to, or a slot to set back on the way there.
enum Place {
    Try(usize, usize),
    Restore(usize, Option<usize>),
}

impl Run<'_> {
    /// Where the match of the code from `at` ends.
    fn run(&mut self, mut at: usize, mut position: usize, slots: &mut Spans, depth: usize) -> Result<Option<usize>, ()> {
        let mut places: Vec<Place> = Vec::new();
        loop {
            self.steps += 1;
            if self.steps > MAX_STEPS || places.len() > MAX_PLACES {
                return Err(());
            }
            let next = match &self.program.code[at] {
                Instruction::Match if depth == 0 && self.whole && position < self.text.len() => None,
                Instruction::Match => return Ok(Some(position)),
                Instruction::Jump(to) => Some((*to, position)),
                Instruction::Split(first, second) => {
                    places.push(Place::Try(*second, position));
                    Some((*first, position))
                }
                Instruction::Save(slot) => {
                    places.push(Place::Restore(*slot, slots[*slot]));
                    slots[*slot] = Some(position);
                    Some((at + 1, position))
                }
                Instruction::Look { end, negated, width } => {
                    let from = position.checked_sub(width.unwrap_or(0));
                    let found = match from {
                        Some(from) => self.apart(at + 1, from, slots, &mut places, *negated, depth)?.is_some(),
                        None => false,
                    };
                    (found != *negated).then_some((*end, position))
                }
                Instruction::Atomic { end } => {
                    self.apart(at + 1, position, slots, &mut places, false, depth)?.map(|position| (*end, position))
                }
                Instruction::Again(group) => self.again(slots, *group, position).map(|position| (at + 1, position)),
                Instruction::Progress(slot) => (slots[*slot] != Some(position)).then_some((at + 1, position)),
                other => self.read(other, position).map(|position| (at + 1, position)),
            };
            match next {
                Some(next) => (at, position) = next,
                None => loop {
                    match places.pop() {
                        Some(Place::Restore(slot, value)) => slots[slot] = value,
                        Some(Place::Try(there, then)) => {
                            (at, position) = (there, then);
                            break;
                        }
                        None => return Ok(None),
                    }
                },
            }
        }
    }

    /// Where the match of the code from `at` ends, to which nothing comes back. Its groups are kept, unless it was to fail.
    fn apart(&mut self, at: usize, from: usize, slots: &mut Spans, places: &mut Vec<Place>, to_fail: bool, depth: usize) -> Result<Option<usize>, ()> {
        let mut inner = slots.clone();
        let found = self.run(at, from, &mut inner, depth + 1)?;
        if found.is_some() && !to_fail {
            for (slot, value) in inner.into_iter().enumerate() {
                if slots[slot] != value {
                    places.push(Place::Restore(slot, slots[slot]));
                    slots[slot] = value;
                }
            }
        }
        Ok(found)
    }

    fn again(&self, slots: &Spans, group: usize, position: usize) -> Option<usize> {
        let (start, end) = (slots[2 * group]?, slots[2 * group + 1]?);
        let end_here = position + end.saturating_sub(start);
        (self.text.get(position..end_here)? == &self.text[start..end]).then_some(end_here)
    }

    /// The position after one instruction that looks at the text.
    fn read(&self, instruction: &Instruction, position: usize) -> Option<usize> {
        let flags = self.program.flags;
        let here = self.text.get(position).copied();
        let before = position.checked_sub(1).and_then(|before| self.text.get(before)).copied();
        let is_word = |c: Option<char>| c.is_some_and(|c| c == '_' || c.is_alphanumeric());
        let length = self.text.len();
        let holds = match instruction {
            Instruction::Char(c) => {
                let here = here?;
                return (here == *c || flags & IGNORE_CASE != 0 && lower(here) == *c).then_some(position + 1);
            }
            Instruction::Any => return here.filter(|c| *c != '\n' || flags & DOT_ALL != 0).map(|_| position + 1),
            Instruction::Set(set) => {
                let here = here?;
                let folded = flags & IGNORE_CASE != 0;
                let has = set.has(here) || folded && (set.has(lower(here)) || here.to_uppercase().next().is_some_and(|c| set.has(c)));
                return has.then_some(position + 1);
            }
            Instruction::LineStart => before.is_none_or(|c| c == '\n'),
            Instruction::LineEnd => {
                position == length || here == Some('\n') && (position + 1 == length || flags & MULTI_LINE != 0)
            }
            Instruction::TextStart => position == 0,
            Instruction::TextEnd => position == length,
            Instruction::WordBoundary { negated } => (is_word(before) != is_word(here)) != *negated,
            _ => false,
        };
        holds.then_some(position)
    }
}
