//! What the module `tokenizers` stands on: the tokenizers that the host has of a program's files.

use std::rc::Rc;

use crate::files::{Tokenizer, read};
use crate::value::{Args, Value};
use crate::{Context, ErrorKind, Raise};

pub fn install(context: &mut Context) {
    // The number of a tokenizer.
    context.helper("_open_tokenizer", |context, args| {
        let [path] = args.exactly("from_file")?;
        let path = path.as_str().unwrap_or_default();
        let room = context.room();
        let json = context.files.source(path).and_then(|source| read(&*source, room)).map_err(|error| error.raise(path))?;
        let tokenizer = context.files.tokenizer(&json).map_err(|sentence| failed(format!("{path}: {sentence}")))?;
        context.tokenizers.push(tokenizer);
        Ok(Value::Int(context.tokenizers.len() as i64 - 1))
    });
    context.helper("_encode_text", |context, args| {
        let [number, text, special] = args.exactly("encode")?;
        let Value::Str(text) = text else {
            return Err(Raise::type_error("TextInputSequence must be str"));
        };
        let ids = tokenizer(context, &number)?.encode(&text, flag(&special)).map_err(failed)?;
        Ok(Value::list(ids.into_iter().map(|id| Value::Int(i64::from(id))).collect()))
    });
    context.helper("_decode_tokens", |context, args| {
        let [number, ids, special] = args.exactly("decode")?;
        let ids = context.items(&ids)?.iter().map(id).collect::<Result<Vec<u32>, Raise>>()?;
        tokenizer(context, &number)?.decode(&ids, flag(&special)).map(Value::str).map_err(failed)
    });
    context.helper("_token_of_id", |context, args| {
        let [number, of] = args.exactly("id_to_token")?;
        Ok(tokenizer(context, &number)?.token(id(&of)?).map_or(Value::None, Value::str))
    });
    context.helper("_id_of_token", |context, args| {
        let [number, token] = args.exactly("token_to_id")?;
        let found = tokenizer(context, &number)?.id(token.as_str().unwrap_or_default());
        Ok(found.map_or(Value::None, |id| Value::Int(i64::from(id))))
    });
    context.helper("_vocabulary_size", |context, args: Args| {
        let [number] = args.exactly("get_vocab_size")?;
        Ok(Value::Int(tokenizer(context, &number)?.vocabulary_size() as i64))
    });
}

fn tokenizer(context: &Context, number: &Value) -> Result<Rc<dyn Tokenizer>, Raise> {
    let found = number.as_int().and_then(|number| context.tokenizers.get(usize::try_from(number).ok()?));
    found.cloned().ok_or_else(|| Raise::value_error("there is no such tokenizer"))
}

fn flag(value: &Value) -> bool {
    matches!(value, Value::Bool(true))
}

fn id(value: &Value) -> Result<u32, Raise> {
    let id = value.as_int().and_then(|id| u32::try_from(id).ok());
    id.ok_or_else(|| Raise::error(ErrorKind::OverflowError, format!("a token's number is at least 0 and less than 2^32, and not {}", value.type_name())))
}

fn failed(sentence: String) -> Raise {
    Raise::error(ErrorKind::Exception, sentence)
}
