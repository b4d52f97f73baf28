# Members of an Enum are made when the class is: the machine has no metaclasses.


class Enum:
    def __init_subclass__(cls, **options):
        cls._members = []
        for name, value in list(cls.__dict__.items()):
            if name.startswith("_") or callable(value) or isinstance(value, (property, staticmethod, classmethod)):
                continue
            if isinstance(value, auto):
                value = len(cls._members) + 1
            member = object.__new__(cls)
            member.__dict__["name"] = name
            member.__dict__["value"] = value
            setattr(cls, name, member)
            cls._members.append(member)

    def __repr__(self):
        return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

    def __str__(self):
        return f"{type(self).__name__}.{self.name}"


class auto:
    pass
