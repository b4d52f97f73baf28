# The published numbers of chapter 3 of Build a Large Language Model (From Scratch), with the mask that was drawn there.
from checking import as_tensor, load_goldens, report_golden

goldens = load_goldens("attention")["raschka"]
causal_weights, mask = [as_tensor(goldens[f"ch03.{name}"]) for name in ("v2.causal_weights", "dropout.mask_ones_x2")]
report_golden("ch03.dropout.causal_weights", drop(causal_weights, mask / 2, 0.5), goldens["ch03.dropout.causal_weights"])
