//! The instructions of which most programs are made, one after another without leaving the frame.
//!
//! None of them computes on the engine or calls anything: nothing that the engine remembers of an instruction changes.

use super::code::Instruction as I;
use super::frame::Block;
use super::names::unbound;
use super::vm::Machine;
use super::{CompareOperator as C, LoopTurn, UnaryOperator};
use crate::Raise;
use crate::value::{Value, identical};

impl Machine {
    /// Runs instructions up to one that is not plain, which it gives, or to the end of the turn.
    #[cfg_attr(hot, optimize(speed))]
    pub fn run_plain(&mut self) -> Result<Option<I>, Raise> {
        let last = self.frames.len() - 1;
        let frame = &mut self.frames[last];
        while self.turn_left > 0 {
            self.turn_left -= 1;
            let instruction = frame.code.instructions[frame.next];
            frame.next += 1;
            match instruction {
                I::Constant(position) => {
                    let value = frame.code.constants[position as usize].clone();
                    frame.stack.push(value);
                }
                I::LoadLocal(position) => match &frame.locals[position as usize] {
                    Some(value) => {
                        let value = value.clone();
                        frame.stack.push(value);
                    }
                    None => return Err(unbound(&frame.code.locals[position as usize])),
                },
                I::StoreLocal(position) => {
                    let value = frame.stack.pop();
                    frame.locals[position as usize] = value;
                }
                I::LoadCell(position) => {
                    let value = frame.cells[position as usize].0.borrow().clone();
                    match value {
                        Some(value) => frame.stack.push(value),
                        None => return Err(self.unbound_cell(position)),
                    }
                }
                I::StoreCell(position) => {
                    let value = frame.stack.pop();
                    frame.cells[position as usize].0.replace(value);
                }
                I::LoadGlobal(position) => {
                    let key = &frame.code.names[position as usize];
                    let is_program = frame.code.is_program();
                    let found = match frame.globals.get(key) {
                        None if is_program => self.context.builtins.get(key),
                        // In the prelude torch's own names may stand for Python's.
                        Some(Value::Native(_) | Value::DType(_)) if !is_program => None,
                        found => found,
                    };
                    match found {
                        Some(value) => frame.stack.push(value),
                        None => return Ok(Some(instruction)),
                    }
                }
                I::Pop => drop(frame.stack.pop()),
                I::Copy(depth) => {
                    let value = frame.stack[frame.stack.len() - depth as usize].clone();
                    frame.stack.push(value);
                }
                I::Swap(depth) => {
                    let top = frame.stack.len() - 1;
                    frame.stack.swap(top, top + 1 - depth as usize);
                }
                I::Jump(to) => frame.next = to as usize,
                I::JumpIfFalse(to) | I::JumpIfTrue(to) => {
                    let jumps = matches!(instruction, I::JumpIfTrue(_));
                    match frame.stack.last() {
                        Some(Value::Bool(truth)) => {
                            if *truth == jumps {
                                frame.next = to as usize;
                            }
                            frame.stack.pop();
                        }
                        _ => return Ok(Some(instruction)),
                    }
                }
                I::Unary(UnaryOperator::Not) => match frame.stack.last_mut() {
                    Some(Value::Bool(truth)) => *truth = !*truth,
                    _ => return Ok(Some(instruction)),
                },
                I::Compare(operator @ (C::Is | C::IsNot)) => {
                    let [right, left] = [(); 2].map(|()| frame.stack.pop().unwrap_or(Value::None));
                    frame.stack.push(Value::Bool(identical(&left, &right) == (operator == C::Is)));
                }
                I::Compare(operator) => match (&frame.stack[..], operator.of_order()) {
                    (&[.., Value::Int(left), Value::Int(right)], Some(holds)) => {
                        frame.stack.pop();
                        frame.stack.pop();
                        frame.stack.push(Value::Bool(holds(left.cmp(&right))));
                    }
                    _ => return Ok(Some(instruction)),
                },
                I::LoadItem => match &frame.stack[..] {
                    [.., Value::Tuple(tuple), Value::Int(index)] => {
                        let from_end = if *index < 0 { tuple.items.len() as i64 } else { 0 };
                        let item = usize::try_from(index + from_end).ok().and_then(|place| tuple.items.get(place).cloned());
                        let Some(item) = item else { return Ok(Some(instruction)) };
                        frame.stack.pop();
                        frame.stack.pop();
                        frame.stack.push(item);
                    }
                    _ => return Ok(Some(instruction)),
                },
                I::BuildTuple(count) => {
                    let from = frame.stack.len().saturating_sub(count as usize);
                    let items = frame.stack.split_off(from);
                    frame.stack.push(Value::tuple(items));
                }
                I::Unpack(count) => match frame.stack.last() {
                    Some(Value::Tuple(tuple)) if tuple.items.len() == count as usize => {
                        let tuple = tuple.clone();
                        frame.stack.pop();
                        frame.stack.extend(tuple.items.iter().rev().cloned());
                    }
                    _ => return Ok(Some(instruction)),
                },
                // A string without a specification is written as it is.
                I::Format { conversion: 0, spec: false } if matches!(frame.stack.last(), Some(Value::Str(_))) => {}
                I::SetupTry(handler) => {
                    let block = Block {
                        handler: handler as usize,
                        height: frame.stack.len(),
                        loops: frame.loops.len(),
                        handling: frame.handling.len(),
                    };
                    frame.blocks.push(block);
                }
                I::PopBlock => {
                    frame.blocks.pop();
                }
                I::PopException => {
                    frame.handling.pop();
                }
                I::LoopBegin(line) => frame.loops.push(LoopTurn { line, iteration: u32::MAX }),
                I::LoopTurn => {
                    if let Some(turn) = frame.loops.last_mut() {
                        turn.iteration = turn.iteration.wrapping_add(1);
                    }
                }
                I::LoopEnd => {
                    frame.loops.pop();
                }
                I::Step(_) if self.trace.steps.len() >= self.limits.trace_steps => self.trace.dropped += 1,
                other => return Ok(Some(other)),
            }
        }
        Ok(None)
    }
}
