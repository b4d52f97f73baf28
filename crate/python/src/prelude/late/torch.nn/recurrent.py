# Recurrent layers, cell by cell (torch/nn/modules/rnn.py). Letters in shapes: B batch, T steps, H hidden width.
# Sources: Hochreiter and Schmidhuber 1997 (LSTM), Cho et al. 2014 (GRU).

__name__ = "torch.nn.modules.rnn"


def _rnn_tanh_step(x, h, hidden_weight, hidden_bias):
    return torch.tanh(x + F.linear(h, hidden_weight, hidden_bias))


def _rnn_relu_step(x, h, hidden_weight, hidden_bias):
    return torch.relu(x + F.linear(h, hidden_weight, hidden_bias))


def _gru_step(x, h, hidden_weight, hidden_bias):
    x_reset, x_update, x_new = x.chunk(3, -1)
    h_reset, h_update, h_new = F.linear(h, hidden_weight, hidden_bias).chunk(3, -1)
    reset = torch.sigmoid(x_reset + h_reset)
    update = torch.sigmoid(x_update + h_update)
    new = torch.tanh(x_new + reset * h_new)
    return new + update * (h - new)


def _lstm_step(x, state, hidden_weight, hidden_bias):
    h, c = state
    into, forget, candidate, out = (x + F.linear(h, hidden_weight, hidden_bias)).chunk(4, -1)
    c = torch.sigmoid(forget) * c + torch.sigmoid(into) * torch.tanh(candidate)
    return torch.sigmoid(out) * torch.tanh(c), c


class RNNBase(Module):
    gates = 1
    step = staticmethod(_rnn_tanh_step)

    def __init__(
        self,
        input_size,
        hidden_size,
        num_layers=1,
        bias=True,
        batch_first=False,
        dropout=0.0,
        bidirectional=False,
        device=None,
        dtype=None,
    ):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        directions = ("", "_reverse") if bidirectional else ("",)
        for layer in range(num_layers):
            for direction in directions:
                width = input_size if layer == 0 else hidden_size * len(directions)
                shapes = {"weight_ih": (self.gates * hidden_size, width), "weight_hh": (self.gates * hidden_size, hidden_size)}
                if bias:
                    shapes["bias_ih"] = shapes["bias_hh"] = (self.gates * hidden_size,)
                for name, shape in shapes.items():
                    setattr(self, f"{name}_l{layer}{direction}", Parameter(torch.empty(shape, device=device, dtype=dtype)))
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self):
        return None

    def _weights(self, layer, direction):
        at = f"l{layer}{direction}"
        bias = [getattr(self, f"bias_{part}_{at}") if self.bias else None for part in ("ih", "hh")]
        return getattr(self, f"weight_ih_{at}"), getattr(self, f"weight_hh_{at}"), bias[0], bias[1]

    @property
    def _flat_weights_names(self):
        return list(self._parameters)

    @property
    def _flat_weights(self):
        return list(self._parameters.values())

    @property
    def all_weights(self):
        each = 4 if self.bias else 2
        return [self._flat_weights[start : start + each] for start in range(0, len(self._parameters), each)]

    def _run(self, inputs, state, layer, direction):
        # One direction of one layer over inputs (T, B, width).
        input_weight, hidden_weight, input_bias, hidden_bias = self._weights(layer, direction)
        projected = F.linear(inputs, input_weight, input_bias)
        order = list(range(inputs.size(0)))
        if direction:
            order.reverse()
        outputs = [None] * len(order)
        for t in order:
            state = self.step(projected[t], state, hidden_weight, hidden_bias)
            outputs[t] = state[0] if isinstance(state, tuple) else state
        return torch.stack(outputs), state

    def _run_packed(self, inputs, state, layer, direction, counts):
        # The same over packed steps: the rows of sequences that have ended, or not begun, keep their state.
        input_weight, hidden_weight, input_bias, hidden_bias = self._weights(layer, direction)
        projected = F.linear(inputs, input_weight, input_bias).split(counts)
        order = list(range(len(counts)))
        if direction:
            order.reverse()
        outputs = [None] * len(order)
        parts = list(state) if isinstance(state, tuple) else [state]
        for t in order:
            count = counts[t]
            before = [part[:count] for part in parts]
            new = self.step(projected[t], tuple(before) if len(before) > 1 else before[0], hidden_weight, hidden_bias)
            new = new if isinstance(new, tuple) else (new,)
            parts = [torch.cat((after, part[count:])) if count < part.size(0) else after for after, part in zip(new, parts)]
            outputs[t] = new[0]
        return torch.cat(outputs), tuple(parts) if len(parts) > 1 else parts[0]

    def forward(self, input, hx=None):
        packed = input if hasattr(input, "batch_sizes") else None
        if packed is not None:
            input, counts = packed.data, packed.batch_sizes.tolist()
            batched, batch = True, counts[0]
        elif input.dim() not in (2, 3):
            raise ValueError(f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )
        if packed is None:
            batched = input.dim() == 3
            if not batched:
                input = input.unsqueeze(1)
            elif self.batch_first:
                input = input.transpose(0, 1)
            batch = input.size(1)
        directions = ("", "_reverse") if self.bidirectional else ("",)
        is_lstm = self.gates == 4
        shape = (self.num_layers * len(directions), batch, self.hidden_size)
        if hx is None:
            zeros = torch.zeros(shape, dtype=input.dtype, device=input.device)
            hx = (zeros, zeros) if is_lstm else zeros
        elif not batched:
            hx = tuple([part.unsqueeze(1) for part in hx]) if is_lstm else hx.unsqueeze(1)
        elif packed is not None:
            hx = self._permuted(hx, packed.sorted_indices)
        self._check_hidden(hx, shape, is_lstm)
        finals = []
        for layer in range(self.num_layers):
            outputs = []
            for position, direction in enumerate(directions):
                at = layer * len(directions) + position
                state = (hx[0][at], hx[1][at]) if is_lstm else hx[at]
                if packed is None:
                    output, state = self._run(input, state, layer, direction)
                else:
                    output, state = self._run_packed(input, state, layer, direction, counts)
                outputs.append(output)
                finals.append(state)
            input = outputs[0] if len(outputs) == 1 else torch.cat(outputs, -1)
            if self.dropout > 0 and self.training and layer < self.num_layers - 1:
                input = F.dropout(input, self.dropout, True)
        if is_lstm:
            final = (torch.stack([h for h, _ in finals]), torch.stack([c for _, c in finals]))
        else:
            final = torch.stack(finals)
        if packed is not None:
            output = type(packed)(input, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
            return output, self._permuted(final, packed.unsorted_indices)
        if is_lstm and not self.bidirectional:
            input = torch._with_gradient_name(input, "MkldnnRnnLayerBackward0")
        if not batched:
            return input.squeeze(1), tuple([part.squeeze(1) for part in final]) if is_lstm else final.squeeze(1)
        if self.batch_first:
            input = input.transpose(0, 1)
            if not is_lstm:
                input = torch._with_gradient_name(input, "TransposeBackward1")
        return input, final

    def _permuted(self, hx, order):
        if order is None:
            return hx
        return tuple([part.index_select(1, order) for part in hx]) if isinstance(hx, tuple) else hx.index_select(1, order)

    def _check_hidden(self, hx, shape, is_lstm):
        for part, name in zip(hx, ("hidden[0]", "hidden[1]")) if is_lstm else ((hx, "hidden"),):
            if tuple(part.shape) != shape:
                raise RuntimeError(f"Expected {name} size {shape}, got {list(part.shape)}")

    def extra_repr(self):
        text = f"{self.input_size}, {self.hidden_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if self.batch_first is not False:
            text += f", batch_first={self.batch_first}"
        if self.dropout != 0:
            text += f", dropout={self.dropout}"
        if self.bidirectional is not False:
            text += f", bidirectional={self.bidirectional}"
        return text


class RNN(RNNBase):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh", **options):
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(input_size, hidden_size, num_layers, **options)
        self.nonlinearity = nonlinearity
        if nonlinearity == "relu":
            self.step = _rnn_relu_step


class GRU(RNNBase):
    gates = 3
    step = staticmethod(_gru_step)


class LSTM(RNNBase):
    gates = 4
    step = staticmethod(_lstm_step)


class RNNCellBase(Module):
    gates = 1
    step = staticmethod(_rnn_tanh_step)

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        self.weight_ih = Parameter(torch.empty((self.gates * hidden_size, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(torch.empty((self.gates * hidden_size, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(torch.empty(self.gates * hidden_size, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def forward(self, input, hx=None):
        if hx is None:
            zeros = torch.zeros(list(input.shape[:-1]) + [self.hidden_size], dtype=input.dtype, device=input.device)
            hx = (zeros, zeros) if self.gates == 4 else zeros
        projected = F.linear(input, self.weight_ih, self.bias_ih)
        return self.step(projected, hx, self.weight_hh, self.bias_hh)

    def extra_repr(self):
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias is True else f"{text}, bias={self.bias}"


class RNNCell(RNNCellBase):
    pass


class GRUCell(RNNCellBase):
    gates = 3
    step = staticmethod(_gru_step)


class LSTMCell(RNNCellBase):
    gates = 4
    step = staticmethod(_lstm_step)
