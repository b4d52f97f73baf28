//! Files that are what they say, and files that are not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::rc::Rc;

use checkpoint::{File, Source};
use tensor::{DType, Engine, Values};

/// A file with this header and data.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

#[test]
fn every_type_is_read_as_it_is_stored() {
    let mut header = String::from("{\"__metadata__\":{\"format\":\"pt\"}");
    let mut data = Vec::new();
    let cells: [(&str, Vec<u8>, Values); 10] = [
        ("F64", [1.5f64, -2.0].map(f64::to_le_bytes).concat(), Values::Float64(vec![1.5, -2.0])),
        ("F32", [1.5f32, -2.0].map(f32::to_le_bytes).concat(), Values::Float32(vec![1.5, -2.0])),
        ("F16", vec![0x00, 0x3e, 0x00, 0xc0], Values::from_f64(DType::Float16, &[1.5, -2.0])),
        ("BF16", vec![0xc0, 0x3f, 0x00, 0xc0], Values::from_f64(DType::BFloat16, &[1.5, -2.0])),
        ("I64", [7i64, i64::MIN].map(i64::to_le_bytes).concat(), Values::Int64(vec![7, i64::MIN])),
        ("I32", [7i32, -8].map(i32::to_le_bytes).concat(), Values::Int32(vec![7, -8])),
        ("I16", [7i16, -8].map(i16::to_le_bytes).concat(), Values::Int32(vec![7, -8])),
        ("I8", vec![7, 0xf8], Values::Int8(vec![7, -8])),
        ("U8", vec![7, 0xf8], Values::UInt8(vec![7, 248])),
        ("BOOL", vec![0, 1], Values::Bool(vec![false, true])),
    ];
    for (name, bytes, _) in &cells {
        let begin = data.len();
        data.extend(bytes);
        header += &format!(",\"{name}\":{{\"dtype\":\"{name}\",\"shape\":[1,2],\"data_offsets\":[{begin},{}]}}", data.len());
    }
    // Writers pad the header with spaces.
    let opened = File::open(Rc::new(file(&(header + "}   "), &data))).unwrap();
    assert_eq!(opened.metadata(), [("format".to_owned(), "pt".to_owned())]);
    let engine = Engine::cpu();
    for (name, _, expected) in cells {
        let entry = opened.entry(name).unwrap();
        let tensor = opened.load(&engine, entry).unwrap();
        assert_eq!(tensor.shape(), [1, 2]);
        assert_eq!(engine.values(&tensor).unwrap(), expected, "{name}");
    }
}

#[test]
fn empty_and_scalar_tensors_are_tensors() {
    let header = r#"{"none":{"dtype":"F32","shape":[0,4],"data_offsets":[4,4]},"one":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#;
    let opened = File::open(Rc::new(file(header, &[0; 4]))).unwrap();
    let shapes: Vec<&[usize]> = opened.entries().iter().map(|entry| entry.shape.as_slice()).collect();
    assert_eq!(shapes, [&[0, 4][..], &[]]);
    assert!(File::open(Rc::new(file("{}", &[]))).unwrap().entries().is_empty());
}

#[test]
fn what_cannot_be_is_refused_in_a_sentence() {
    let tensor = |dtype: &str, shape: &str, offsets: &str| format!("{{\"w\":{{\"dtype\":{dtype},\"shape\":{shape},\"data_offsets\":{offsets}}}}}");
    let two = |a: &str, b: &str| format!("{{\"a\":{{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":{a}}},\"b\":{{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":{b}}}}}");
    let cases: Vec<(String, usize, &str)> = vec![
        ("".into(), 0, "its header does not begin with {"),
        ("{".into(), 0, "its header is no JSON: Expecting property name"),
        ("[]".into(), 0, "its header does not begin with {"),
        ("{}{}".into(), 0, "its header goes on after its end"),
        ("{\"w\":3}".into(), 0, "its header says of the tensor \"w\" something that is no object"),
        ("{\"w\":{}}".into(), 0, "its header lacks the dtype of the tensor \"w\""),
        ("{\"w\":{\"dtype\":\"F32\",\"shape\":[1]}}".into(), 0, "its header lacks the data_offsets of the tensor \"w\""),
        ("{\"__metadata__\":{\"a\":1}}".into(), 0, "must map texts to texts"),
        (tensor("\"F32\"", "[1]", "[0,4]").replace("\"shape\"", "\"form\""), 4, "says \"form\" of the tensor \"w\""),
        (tensor("\"U32\"", "[1]", "[0,4]"), 4, "the tensor \"w\" is stored as U32, which is not read here; F64, F32"),
        (tensor("7", "[1]", "[0,4]"), 4, "the dtype of the tensor \"w\" is no text"),
        (tensor("\"F32\"", "[-1]", "[0,4]"), 4, "the shape of the tensor \"w\" must be a list of whole numbers"),
        (tensor("\"F32\"", "[1.0]", "[0,4]"), 4, "the shape of the tensor \"w\" must be a list of whole numbers"),
        (tensor("\"F32\"", "3", "[0,4]"), 4, "the shape of the tensor \"w\" must be a list of whole numbers"),
        (tensor("\"F32\"", "[1]", "[0,99999999999999999999]"), 4, "the data_offsets of the tensor \"w\" must be a list of whole numbers"),
        (tensor("\"F32\"", "[1]", "[0]"), 4, "the data_offsets of the tensor \"w\" are 1 numbers, not two"),
        (tensor("\"F32\"", "[1]", "[4,0]"), 4, "the tensor \"w\" ends at byte 0, before it begins at 4"),
        (tensor("\"F32\"", "[2]", "[0,4]"), 4, "the tensor \"w\" of shape [2] and type F32 needs 8 bytes, and has 4"),
        (tensor("\"F32\"", "[4294967296,4294967296,4294967296]", "[0,4]"), 4, "needs more bytes than there are numbers for"),
        (tensor("\"F32\"", "[0,18446744073709551615]", "[0,0]"), 1, "1 bytes follow the last tensor and belong to none"),
        (tensor("\"F32\"", "[1]", "[0,4]"), 3, "the tensor \"w\" ends at byte 4 of the data, and the file holds only 3: it is cut off"),
        (tensor("\"F32\"", "[1]", "[0,4]"), 5, "1 bytes follow the last tensor and belong to none"),
        (tensor("\"F32\"", "[1]", "[4,8]"), 8, "there is a gap of 4 bytes before the tensor \"w\""),
        (two("[0,4]", "[3,7]"), 7, "the tensors \"a\" and \"b\" overlap"),
        (two("[0,4]", "[0,4]"), 4, "the tensors \"a\" and \"b\" overlap"),
        (two("[0,4]", "[5,9]"), 9, "there is a gap of 1 bytes before the tensor \"b\""),
        (two("[0,4]", "[4,8]").replace("\"b\"", "\"a\""), 8, "its header has the tensor \"a\" twice"),
        (two("[0,4]", "[18446744073709551611,18446744073709551615]"), 4, "there is a gap of"),
    ];
    for (header, data, sentence) in cases {
        let refusal = File::open(Rc::new(file(&header, &vec![0; data]))).err().unwrap_or_default();
        assert!(refusal.contains(sentence), "{header}: {refusal:?} instead of {sentence:?}");
    }
    let header_length = |length: u64| [&length.to_le_bytes()[..], b"{}"].concat();
    for (bytes, sentence) in [
        (Vec::new(), "it has 0 bytes"),
        (vec![1; 7], "it has 7 bytes"),
        (header_length(3), "its header is said to have 3 bytes, and only 2 follow"),
        (header_length(u64::MAX), "more than a safetensors file may have"),
        (file("{\u{e9}", &[]).into_iter().map(|b| if b == 0xc3 { 0xff } else { b }).collect(), "its header is no UTF-8 text"),
    ] {
        let refusal = File::open(Rc::new(bytes)).err().unwrap_or_default();
        assert!(refusal.contains(sentence), "{refusal:?} instead of {sentence:?}");
    }
}

/// A header may be any bytes: whatever they are, there is an answer.
#[test]
fn no_change_of_a_byte_is_fatal() {
    let good = file(r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[3],"data_offsets":[8,11]}}"#, &[0; 11]);
    let engine = Engine::cpu();
    for position in 0..good.len() {
        for change in [0u8, 1, b'0', b'9', b'"', b'{', b'}', b'-', 0x7f, 0xff] {
            let mut bytes = good.clone();
            bytes[position] = change;
            if let Ok(opened) = File::open(Rc::new(bytes)) {
                opened.entries().iter().for_each(|entry| drop(opened.load(&engine, entry)));
            }
        }
        let _ = File::open(Rc::new(good[..position].to_vec()));
    }
}

#[test]
fn a_tensor_without_room_is_refused_before_it_is_read() {
    struct Unread(Vec<u8>, u64);
    impl Source for Unread {
        fn length(&self) -> u64 {
            self.1
        }
        fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
            assert!(offset + into.len() as u64 <= self.0.len() as u64, "the data were read");
            self.0.read(offset, into)
        }
    }
    let bytes = 1u64 << 40;
    let header = format!("{{\"w\":{{\"dtype\":\"U8\",\"shape\":[{bytes}],\"data_offsets\":[0,{bytes}]}}}}");
    let begin = file(&header, &[]);
    let length = begin.len() as u64 + bytes;
    let opened = File::open(Rc::new(Unread(begin, length))).unwrap();
    let refusal = opened.load(&Engine::cpu(), opened.entry("w").unwrap()).unwrap_err().to_string();
    assert!(refusal.contains("not enough memory: tried to allocate 1099511627776 bytes"), "{refusal}");
}
