//! Regular expressions, for the module `re`.

mod parse;
mod search;

use std::rc::Rc;

use crate::value::{Dict, Module, Value};
use crate::{Context, ErrorKind, Raise};
use search::{Program, Spans};

/// Programs of the patterns that were used last.
pub type Cache = Vec<(Rc<str>, i64, Rc<Program>)>;

const CACHED: usize = 64;

/// The natives that `prelude/re.py` builds on. Positions count characters.
pub fn fill(module: &Module) {
    // (number of groups, {name: number}), or (message, position) where the pattern is wrong.
    module.add("_compile", |context, args| {
        let [pattern, flags] = args.exactly("_compile")?;
        match program(context, &pattern, &flags)? {
            Ok(program) => {
                let names = Dict::new();
                for (name, number) in &program.names {
                    names.set_text(name, Value::Int(*number as i64));
                }
                Ok(Value::tuple(vec![Value::Int(program.groups as i64), Value::Dict(names)]))
            }
            Err((message, position)) => Ok(Value::tuple(vec![Value::str(message), Value::Int(position as i64)])),
        }
    });
    // One match as a list of positions, or None. `how` is 0 to search, 1 for a match here, 2 for one to the end.
    module.add("_match", |context, args| {
        let [pattern, flags, text, from, how] = args.exactly("_match")?;
        let Ok(program) = program(context, &pattern, &flags)? else { return Ok(Value::None) };
        let text = characters(context, &text)?;
        let from = usize::try_from(from.as_int().unwrap_or(0)).unwrap_or(0);
        let how = how.as_int().unwrap_or(0);
        let found = program.search(&text, from, how > 0, how > 1).map_err(|()| too_long())?;
        Ok(found.map_or(Value::None, |found| spans(&found)))
    });
    // Every match that does not overlap the one before, at most `most` of them where that is not 0.
    module.add("_matches", |context, args| {
        let [pattern, flags, text, most] = args.exactly("_matches")?;
        let Ok(program) = program(context, &pattern, &flags)? else { return Ok(Value::None) };
        let text = characters(context, &text)?;
        let most = usize::try_from(most.as_int().unwrap_or(0)).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
        let mut all = Vec::new();
        let mut from = 0;
        while all.len() < most && from <= text.len() {
            let Some(found) = program.search(&text, from, false, false).map_err(|()| too_long())? else { break };
            let (start, end) = (found[0].unwrap_or(from), found[1].unwrap_or(from));
            from = if end > start { end } else { end + 1 };
            all.push(spans(&found));
            if all.len() % 1024 == 0 {
                context.reserve(all.len() * found.len() * crate::value::heap::VALUE_BYTES)?;
            }
        }
        Ok(Value::list(all))
    });
}

fn too_long() -> Raise {
    Raise::error(
        ErrorKind::TimeoutError,
        "this pattern takes too long on this text: it tries too many ways to match, as nested repetitions do",
    )
}

fn spans(found: &Spans) -> Value {
    Value::list(found.iter().map(|position| Value::Int(position.map_or(-1, |position| position as i64))).collect())
}

fn characters(context: &Context, text: &Value) -> Result<Vec<char>, Raise> {
    let Value::Str(text) = text else {
        return Err(Raise::type_error(format!("expected string or bytes-like object, got '{}'", text.type_name())));
    };
    context.reserve(4 * text.len())?;
    Ok(text.chars().collect())
}

type Compiled = Result<Rc<Program>, (String, usize)>;

fn program(context: &mut Context, pattern: &Value, flags: &Value) -> Result<Compiled, Raise> {
    let Value::Str(pattern) = pattern else {
        return Err(Raise::type_error("first argument must be string or compiled pattern"));
    };
    let flags = flags.as_int().unwrap_or(0);
    let known = context.patterns.iter().find(|(text, with, _)| text == pattern && *with == flags);
    if let Some((_, _, program)) = known {
        return Ok(Ok(program.clone()));
    }
    let compiled = parse::parse(pattern, flags as u32).and_then(Program::new).map(Rc::new);
    if let Ok(program) = &compiled {
        if context.patterns.len() >= CACHED {
            context.patterns.remove(0);
        }
        context.patterns.push((pattern.clone(), flags, program.clone()));
    }
    Ok(compiled)
}
