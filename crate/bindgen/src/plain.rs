//! Makes a module without relaxed SIMD of one with it: for browsers that do not know it, and for Node 20.
//!
//! `f32x4.relaxed_madd` may round x · y before z is added, or not: a multiplication and an addition are what it may do
//! anywhere, and `f32x4.pmax` and `f32x4.pmin` are what `f32x4.relaxed_max` and `…min` may. Kernels use no other relaxed instruction.
//!
//! Bytes are changed where such an instruction stands, and no others: functions keep their order and their code.

use std::collections::HashMap;

use wasm_encoder::{CodeSection, Encode, Instruction, Module, RawSection, ValType};
use wasmparser::{FunctionBody, Operator, Parser, Payload, Validator, WasmFeatures};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

pub fn plain(wasm: &[u8]) -> Outcome<Vec<u8>> {
    let mut module = Module::new();
    // How many parameters a type has, and which types the functions have, in their order.
    let (mut parameters, mut types) = (HashMap::new(), Vec::new());
    let mut code = CodeSection::new();
    let mut left = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::CodeSectionEntry(body) = &payload {
            let ty = types.get(usize::try_from(code.len())?).ok_or("a function without a type")?;
            let count = parameters.get(ty).copied().ok_or("a type that is none of a function")?;
            code.raw(&plain_body(wasm, body, count)?);
            left -= 1;
            if left == 0 {
                module.section(&code);
            }
            continue;
        }
        match &payload {
            Payload::TypeSection(section) => {
                for (number, ty) in section.clone().into_iter_err_on_gc_types().enumerate() {
                    parameters.insert(u32::try_from(number)?, u32::try_from(ty?.params().len())?);
                }
            }
            Payload::FunctionSection(section) => types = section.clone().into_iter().collect::<Result<_, _>>()?,
            Payload::CodeSectionStart { count, .. } => {
                left = *count;
                continue;
            }
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            module.section(&RawSection { id, data: &wasm[range] });
        }
    }
    let made = module.finish();
    Validator::new_with_features(WasmFeatures::default().difference(WasmFeatures::RELAXED_SIMD)).validate_all(&made)?;
    Ok(made)
}

/// A function's body; z waits in one more local while x and y are multiplied.
fn plain_body(wasm: &[u8], body: &FunctionBody<'_>, parameters: u32) -> Outcome<Vec<u8>> {
    let operators = body.get_operators_reader()?.into_iter_with_offsets().collect::<Result<Vec<_>, _>>()?;
    let is_relaxed = |operator: &Operator<'_>| matches!(operator, Operator::F32x4RelaxedMadd | Operator::F32x4RelaxedMax | Operator::F32x4RelaxedMin);
    if !operators.iter().any(|(operator, _)| is_relaxed(operator)) {
        return Ok(body.as_bytes().to_vec());
    }
    let mut locals = body.get_locals_reader()?;
    let groups = locals.get_count();
    let declared = locals.original_position();
    let mut waiting = parameters;
    for _ in 0..groups {
        waiting += locals.read()?.0;
    }
    let end = body.range().end;
    let first = operators.first().map_or(end, |(_, offset)| *offset);
    let mut made = Vec::new();
    (groups + 1).encode(&mut made);
    made.extend(&wasm[declared..first]);
    1_u32.encode(&mut made);
    ValType::V128.encode(&mut made);
    let ends = operators.iter().skip(1).map(|(_, offset)| *offset).chain([end]);
    for ((operator, start), end) in operators.iter().zip(ends) {
        let instead: &[Instruction<'_>] = match operator {
            Operator::F32x4RelaxedMadd => {
                &[Instruction::LocalSet(waiting), Instruction::F32x4Mul, Instruction::LocalGet(waiting), Instruction::F32x4Add]
            }
            Operator::F32x4RelaxedMax => &[Instruction::F32x4PMax],
            Operator::F32x4RelaxedMin => &[Instruction::F32x4PMin],
            _ => {
                made.extend(&wasm[*start..end]);
                continue;
            }
        };
        instead.iter().for_each(|instruction| instruction.encode(&mut made));
    }
    Ok(made)
}
