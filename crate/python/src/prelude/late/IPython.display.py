import IPython


def display(*objects, **options):
    for shown in objects:
        print(shown)


def clear_output(wait=False):
    # What was printed stays: nothing is animated here.
    pass


def set_matplotlib_formats(*formats):
    pass
