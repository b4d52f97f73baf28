# %% [markdown]
# # Embeddings by layer
#
# Every layer is told something of each token: a second table gives a token one short vector for each layer, which is looked up instead of computed, and so need not be where the layers are computed.
# A part of it is computed from the token's embedding, the same for all layers but for its weights. A layer takes in what it is told through a gate that depends on the residual stream.
#
# - **B** batch, **T** tokens that are new, **M** model width, **L** layers
# - **P** width of an embedding by layer
#
# Sources: [Google's own code](https://github.com/google-deepmind/gemma/tree/main/gemma/gm/nn/gemma4); names as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/gemma4/modeling_gemma4.py).

# %%
from configuration import shapes_at
from layers import activation, embed, project, rms_norm


def table_shapes(config):
    """Of what stands before the first layer."""
    L, P, M = config["num_hidden_layers"], config["hidden_size_per_layer_input"], config["hidden_size"]
    shapes = shapes_at("model", embed_tokens_per_layer=[config["vocab_size_per_layer_input"], L * P])
    return {**shapes, **shapes_at("model", per_layer_model_projection=[L * P, M], per_layer_projection_norm=[P])}


def gate_shapes(name, M, P):
    """Of what each layer has."""
    return shapes_at(name, per_layer_input_gate=[P, M], per_layer_projection=[M, P], post_per_layer_input_norm=[M])


def embeddings_by_layer(x, weights, config, input_ids):
    """x [B, T, M], the embedded tokens -> [B, T, L, P]: what each layer is told of each token."""
    P = config["hidden_size_per_layer_input"]
    looked_up = embed(weights["model.embed_tokens_per_layer.weight"], input_ids) * P**0.5
    computed = project(x, weights, "model.per_layer_model_projection") * x.shape[-1]**-0.5
    computed = computed.unflatten(-1, (-1, P))
    computed = rms_norm(computed, weights, "model.per_layer_projection_norm", config["rms_norm_eps"])
    return (computed + looked_up.unflatten(-1, (-1, P))) * 0.5**0.5


def told(x, by_layer, weights, name, config):
    """x [B, T, M], what this layer is told of each token [B, T, P] -> what that adds to x."""
    gate = activation(project(x, weights, f"{name}.per_layer_input_gate"), config["hidden_activation"])
    told = project(gate * by_layer, weights, f"{name}.per_layer_projection")
    return rms_norm(told, weights, f"{name}.post_per_layer_input_norm", config["rms_norm_eps"])
