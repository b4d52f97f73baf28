//! What the newest run left: the tensors that can be read, and where their cells came from.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use js_sys::{Array, BigInt64Array, Float32Array, Float64Array, Int8Array, Int32Array, Object, Reflect, Uint8Array};
use python::trace::{Bound, BoundValue, Trace};
use tensor::provenance::{self, Cells};
use tensor::storage::Buffer;
use tensor::tape::Tape;
use tensor::timing;
use tensor::{Engine, Tensor, Values};
use wasm_bindgen::{JsError, JsValue};

use crate::run::now;
use crate::record::{Kind, Loop, Name, Provenance, ProvenanceCell, ProvenanceCells, ProvenanceStep, Step};
use crate::to_javascript;

/// The tensors of a run, by the ids that JavaScript has of them.
pub struct Results {
    engine: Rc<Engine>,
    tape: Option<Tape>,
    tensors: RefCell<HashMap<u32, Tensor>>,
    /// The ids by buffer: several where names show views of one storage.
    ids: RefCell<HashMap<u64, Vec<u32>>>,
    names: HashMap<u32, String>,
}

impl Results {
    /// Takes what the run left, with its steps as an array of records: each crosses by itself, since all of them in a row
    /// would be the largest piece of memory that a program without tensors asks for.
    /// Every tensor of the trace gets an id, the same for the same cells of the same moment.
    pub fn of_run(engine: Rc<Engine>, trace: &Trace, stdout: &str, last_id: &Cell<u32>) -> Result<(Results, Array), JsError> {
        let mut kept = Results {
            tape: engine.take_tape(),
            engine,
            tensors: RefCell::default(),
            ids: RefCell::default(),
            names: HashMap::new(),
        };
        let mut lengths = Lengths { text: stdout, bytes: 0, units: 0 };
        let steps = Array::new();
        for step in &trace.steps {
            steps.push(&to_javascript(&Step {
                file: &step.file,
                line: step.line,
                function: &step.function,
                call: step.call,
                depth: step.depth,
                loops: step.loops.iter().map(|turn| Loop { line: turn.line, iteration: turn.iteration }).collect(),
                names: step.names.iter().map(|bound| kept.name(bound, last_id)).collect(),
                output: lengths.units_at(step.output),
                flops: step.cost.flops as f64,
                bytes: step.cost.bytes as f64,
            })?);
        }
        Ok((kept, steps))
    }

    /// `{ data, shape, dtype, device }` of a tensor.
    pub async fn read(&self, id: u32) -> Result<JsValue, JsError> {
        let tensor = self.tensor(id)?;
        self.engine.read(&tensor).await?;
        let shape: Array = tensor.shape().iter().map(|&size| JsValue::from(size as f64)).collect();
        let read = Object::new();
        let fields = [
            ("data", typed_array(&self.engine.values(&tensor)?)),
            ("shape", shape.into()),
            ("dtype", tensor.dtype().name().into()),
            ("device", tensor.device().name().into()),
        ];
        for (field, value) in fields {
            Reflect::set(&read, &field.into(), &value).map_err(|_| JsError::new("the object cannot be made"))?;
        }
        Ok(read.into())
    }

    pub async fn provenance(&self, id: u32, index: Vec<usize>, last_id: &Cell<u32>) -> Result<Provenance, JsError> {
        let tensor = self.tensor(id)?;
        let no_tape = Tape::new(0);
        let tape = self.tape.as_ref().unwrap_or(&no_tape);
        let named = |buffer: &Buffer| self.named(buffer);
        let steps = provenance::of_cell(&self.engine, tape, &named, &tensor, &index).await?;
        self.engine.read(&tensor).await?;
        let value = self.engine.values(&tensor)?.get_f64(flat(&index, tensor.shape()));
        let steps = steps
            .into_iter()
            .map(|step| ProvenanceStep {
                operation: step.operation,
                output: self.first_cell(step.output, last_id),
                inputs: step.inputs.into_iter().map(|cells| self.cells(cells, last_id)).collect(),
                text: step.text,
            })
            .collect();
        Ok(Provenance { id, index, value, steps })
    }

    /// How many microseconds the operation takes that made these cells; none for a view, an input, or what the tape has no room for.
    pub async fn time(&self, id: u32) -> Result<Option<f64>, JsError> {
        let tensor = self.tensor(id)?;
        let maker = self.tape.as_ref().and_then(|tape| tape.maker(tensor.buffer().id));
        let Some(maker) = maker.filter(|maker| maker.output.layout() == tensor.layout()) else { return Ok(None) };
        Ok(Some(timing::of_operation(&self.engine, maker, &now).await?))
    }

    fn tensor(&self, id: u32) -> Result<Tensor, JsError> {
        let tensor = self.tensors.borrow().get(&id).cloned();
        tensor.ok_or_else(|| JsError::new(&format!("the newest run has no tensor {id}")))
    }

    fn name(&mut self, bound: &Bound, last_id: &Cell<u32>) -> Name {
        let name = bound.name.to_string();
        match &bound.value {
            BoundValue::Tensor { tensor, grad_fn, .. } => {
                let id = self.id(tensor, last_id);
                self.names.entry(id).or_insert_with(|| name.clone());
                Name {
                    kind: Kind::Tensor,
                    id: Some(id),
                    dtype: tensor.dtype().name().into(),
                    shape: tensor.shape().to_vec(),
                    device: tensor.device().name(),
                    grad_fn,
                    name,
                    ..Name::default()
                }
            }
            BoundValue::Dropped { shape, dtype } => {
                Name { kind: Kind::Dropped, dtype: dtype.name().into(), shape: shape.clone(), name, ..Name::default() }
            }
            BoundValue::Text { type_name, text } => {
                Name { dtype: type_name.clone(), text: text.clone(), name, ..Name::default() }
            }
        }
    }

    /// The id of these cells of this moment, a new one where they have none.
    fn id(&self, tensor: &Tensor, last_id: &Cell<u32>) -> u32 {
        let (mut ids, mut tensors) = (self.ids.borrow_mut(), self.tensors.borrow_mut());
        let of_buffer = ids.entry(tensor.buffer().id).or_default();
        let known = of_buffer.iter().find(|id| tensors.get(id).is_some_and(|known| known.layout() == tensor.layout()));
        if let Some(&id) = known {
            return id;
        }
        let id = last_id.get() + 1;
        last_id.set(id);
        of_buffer.push(id);
        tensors.insert(id, tensor.clone());
        id
    }

    /// The tensors with a name that show this buffer.
    fn named(&self, buffer: &Buffer) -> Vec<Tensor> {
        let (ids, tensors) = (self.ids.borrow(), self.tensors.borrow());
        let ids = ids.get(&buffer.id).into_iter().flatten();
        ids.filter(|id| self.names.contains_key(id)).filter_map(|id| tensors.get(id).cloned()).collect()
    }

    fn first_cell(&self, cells: Cells, last_id: &Cell<u32>) -> ProvenanceCell {
        let id = self.id(&cells.tensor, last_id);
        ProvenanceCell {
            id,
            index: cells.cells.into_iter().next().unwrap_or_default(),
            name: self.names.get(&id).cloned(),
            value: cells.values.first().copied(),
        }
    }

    fn cells(&self, cells: Cells, last_id: &Cell<u32>) -> ProvenanceCells {
        let id = self.id(&cells.tensor, last_id);
        ProvenanceCells {
            id,
            name: self.names.get(&id).cloned(),
            shape: cells.tensor.shape().to_vec(),
            cells: cells.cells,
            values: cells.values,
            more: cells.more,
        }
    }
}

/// The position of `index` row by row; the index was found to be inside the shape.
fn flat(index: &[usize], shape: &[usize]) -> usize {
    index.iter().zip(shape).fold(0, |flat, (i, size)| flat * size + i)
}

fn typed_array(values: &Values) -> JsValue {
    match values {
        Values::Float64(v) => Float64Array::from(&v[..]).into(),
        Values::Float32(v) => Float32Array::from(&v[..]).into(),
        Values::Int64(v) => BigInt64Array::from(&v[..]).into(),
        Values::Int32(v) => Int32Array::from(&v[..]).into(),
        Values::Int8(v) => Int8Array::from(&v[..]).into(),
        Values::UInt8(v) => Uint8Array::from(&v[..]).into(),
        Values::Bool(_) => Uint8Array::from(values.bytes()).into(),
        // JavaScript has no typed array of these that every browser knows; float32 holds them exactly.
        Values::Float16(_) | Values::BFloat16(_) => Float32Array::from(&values.to_f32()[..]).into(),
    }
}

/// Turns lengths in bytes, which only grow, into JavaScript's, which count UTF-16 units.
struct Lengths<'a> {
    text: &'a str,
    bytes: usize,
    units: usize,
}

impl Lengths<'_> {
    fn units_at(&mut self, bytes: usize) -> usize {
        if let Some(more) = self.text.get(self.bytes..bytes) {
            self.units += more.encode_utf16().count();
            self.bytes = bytes;
        }
        self.units
    }
}
