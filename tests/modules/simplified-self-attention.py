# The published numbers of chapter 3 of Build a Large Language Model (From Scratch).
from checking import as_tensor, load_goldens, report_golden

goldens = load_goldens("attention")["raschka"]
found, shares = simplified_self_attention(as_tensor(goldens["ch03.inputs"]))
report_golden("ch03.simple.weights", shares, goldens["ch03.simple.weights"])
report_golden("ch03.simple.context", found, goldens["ch03.simple.context"])
