//! What every object and every exception has.

use super::method;
use crate::machine::attribute;
use crate::machine::classes::object_of;
use crate::value::{Args, Property, Value, identical};
use crate::{Cause, Context, ErrorKind, Raise};

pub fn install(context: &mut Context) {
    let object = context.types.object.clone();
    method(&object, "__init__", |_, _| Ok(Value::None));
    method(&object, "__setattr__", |_, args| {
        let [object, name, value] = args.exactly("__setattr__")?;
        let Value::Str(name) = name else { return Err(Raise::type_error("attribute name must be string")) };
        attribute::set_directly(&object, &name, value).map(|()| Value::None)
    });
    method(&object, "__delattr__", |_, args| {
        let [object, name] = args.exactly("__delattr__")?;
        if let (Value::Instance(instance), Value::Str(name)) = (&object, &name)
            && instance.attributes().remove(&crate::value::Key::name(name)).is_some()
        {
            return Ok(Value::None);
        }
        Err(Raise::attribute_error(name.as_str().unwrap_or_default()))
    });
    method(&object, "__getattribute__", |context, args| {
        let [object, name] = args.exactly("__getattribute__")?;
        let name = name.as_str().unwrap_or_default();
        match object.instance() {
            Some(instance) => attribute::get_directly(context, instance, &object, name),
            None => attribute::get(context, &object, name),
        }
    });
    let new = Value::native("__new__", |context, args| {
        let Some(Value::Class(class)) = args.positional.first() else {
            return Err(Raise::type_error("object.__new__(X): X is not a type object"));
        };
        let instance = crate::value::Instance::new(class);
        context.registry.instance(&instance);
        Ok(object_of(context, class, instance))
    });
    object.attributes.set_text("__new__", Value::Property(std::rc::Rc::new(Property::Static(new))));
    let nothing = Value::native("__init_subclass__", |_, _| Ok(Value::None));
    object.attributes.set_text("__init_subclass__", Value::Property(std::rc::Rc::new(Property::Class(nothing))));
    let base = context.types.error(ErrorKind::BaseException).clone();
    method(&base, "__init__", |_, args| {
        if let Some(Value::Instance(instance)) = args.positional.first() {
            instance.attributes().set_text("args", Value::tuple(args.positional[1..].to_vec()));
        }
        Ok(Value::None)
    });
    method(&base, "with_traceback", |_, args: Args| Ok(args.positional.into_iter().next().unwrap_or(Value::None)));
    method(&base, "add_note", |_, _| Ok(Value::None));
    let generator = context.types.generator.clone();
    generator.attributes.set_text("send", lazy("send", |_, args| {
        let [generator, value] = args.exactly("send")?;
        let Value::Generator(generator) = generator else { return Ok(Value::None) };
        Err(Cause::Resume(generator, value, None).into())
    }));
    generator.attributes.set_text("__next__", lazy("__next__", |_, args| {
        let [generator] = args.exactly("__next__")?;
        let Value::Generator(generator) = generator else { return Ok(Value::None) };
        Err(Cause::Resume(generator, Value::None, None).into())
    }));
    generator.attributes.set_text("__iter__", lazy("__iter__", |_, args| {
        let [generator] = args.exactly("__iter__")?;
        Ok(generator)
    }));
    generator.attributes.set_text("throw", lazy("throw", |_, args| {
        let Some(Value::Generator(generator)) = args.positional.first() else { return Ok(Value::None) };
        match args.positional.get(1) {
            Some(Value::Instance(exception)) if exception.class().error_kind().is_some() => {
                Err(crate::Cause::Throw(generator.clone(), exception.clone()).into())
            }
            Some(class @ Value::Class(_)) => {
                Err(Raise::prelude("_throw", vec![Value::Generator(generator.clone()), class.clone()]))
            }
            _ => Err(Raise::type_error("exceptions must be classes or instances deriving from BaseException")),
        }
    }));
    generator.attributes.set_text("close", lazy("close", |_, args| {
        let [value] = args.exactly("close")?;
        if let Value::Generator(generator) = &value {
            if generator.started.get() && generator.frame.borrow().is_some() {
                return Err(Raise::prelude("_close", vec![value.clone()]));
            }
            let frame = generator.frame.take();
            drop(frame);
        }
        Ok(Value::None)
    }));
    context.helper("_defines", |context, args| {
        let [value, name] = args.exactly("_defines")?;
        let found = context.types.of(&value).lookup(name.as_str().unwrap_or_default());
        Ok(Value::Bool(matches!(found, Some(Value::Function(_)))))
    });
    for class in [&object, &base] {
        method(class, "__repr__", |context, args| {
            let [value] = args.exactly("__repr__")?;
            crate::value::repr(context, &value).map(Value::str)
        });
        method(class, "__str__", |context, args| {
            let [value] = args.exactly("__str__")?;
            crate::value::str_text(context, &value).map(Value::str)
        });
    }
    special_methods(context);
    context.helper("_is_property", |_, args| {
        let [value] = args.exactly("_is_property")?;
        Ok(Value::Bool(matches!(&value, Value::Property(p) if matches!(**p, Property::Property { .. }))))
    });
    context.helper("_same", |_, args| {
        let [a, b] = args.exactly("_same")?;
        Ok(Value::Bool(identical(&a, &b)))
    });
}

fn lazy(name: &'static str, call: crate::value::NativeFunction) -> Value {
    Value::Native(crate::value::Native::lazy(name, call))
}

/// The special methods that programs look for, or call by name, on built-in containers.
fn special_methods(context: &mut Context) {
    let types = &context.types;
    let containers = [&types.list, &types.tuple, &types.dict, &types.set, &types.frozenset, &types.str, &types.bytes, &types.range, &types.tensor];
    for class in containers.into_iter().chain([&types.iterator]) {
        class.attributes.set_text("__iter__", lazy("__iter__", |_, args| {
            let [value] = args.exactly("__iter__")?;
            crate::value::Iterator::over(&value).ok_or_else(|| Raise::type_error("not iterable"))
        }));
    }
    types.iterator.attributes.set_text("__next__", lazy("__next__", |context, args| {
        let next = context.builtins.get_text("next").unwrap_or(Value::None);
        Err(Raise::call(next, args))
    }));
    for class in containers {
        class.attributes.set_text("__len__", lazy("__len__", |context, args| {
            let length = context.builtins.get_text("len").unwrap_or(Value::None);
            Err(Raise::call(length, args))
        }));
        class.attributes.set_text("__contains__", lazy("__contains__", |context, args| {
            let [container, value] = args.exactly("__contains__")?;
            crate::machine::operate::contains(context, &container, &value).map(Value::Bool)
        }));
    }
    for class in [&types.list, &types.tuple, &types.dict, &types.str, &types.bytes] {
        class.attributes.set_text("__getitem__", lazy("__getitem__", |context, args| {
            let [container, key] = args.exactly("__getitem__")?;
            crate::machine::items::get(context, &container, &key)
        }));
    }
    types.slice.attributes.set_text("indices", lazy("indices", |context, args| {
        let [slice, length] = args.exactly("indices")?;
        let (Value::Slice(slice), Some(length)) = (slice, length.as_int()) else { return Err(Raise::type_error("slice.indices() needs an integer")) };
        let (start, stop, step) = crate::machine::items::slice_bounds(context, &slice, length)?;
        Ok(Value::tuple([start, stop, step].map(Value::Int).to_vec()))
    }));
    for class in [&types.list, &types.dict] {
        class.attributes.set_text("__setitem__", lazy("__setitem__", |context, args| {
            let [container, key, value] = args.exactly("__setitem__")?;
            crate::machine::items::set(context, &container, &key, value).map(|()| Value::None)
        }));
        class.attributes.set_text("__delitem__", lazy("__delitem__", |context, args| {
            let [container, key] = args.exactly("__delitem__")?;
            crate::machine::items::delete(context, &container, &key).map(|()| Value::None)
        }));
    }
}
