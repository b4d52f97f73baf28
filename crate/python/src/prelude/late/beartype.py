# Types are not checked here.


def beartype(obj=None, **options):
    return obj if obj is not None else beartype
