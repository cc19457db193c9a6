"""Tiny randomly made models in the published layouts of GPT-1, GPT-2, BERT and its kin, with what `transformers` computes of them.

Run with PyTorch and transformers: python tests/golden/make_text_models.py
"""

import json
from pathlib import Path

import torch
import transformers as t
from safetensors.torch import load_file

here = Path(__file__).parent / "text-models"
here.mkdir(exist_ok=True)
torch.manual_seed(7)

WIDTH, HEADS, BLOCKS, LENGTH, VOCABULARY = 16, 4, 2, 16, 40
ids = torch.randint(0, VOCABULARY, (2, 9))
mask = torch.ones_like(ids)
mask[1, 6:] = 0  # three tokens of padding on the right
segments = torch.tensor([[0, 0, 0, 0, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 0, 0, 0]])


def randomize(model: torch.nn.Module) -> torch.nn.Module:
    """Values large enough that every part shows in the logits."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            is_gain = value.ndim == 1 and name.endswith("weight")
            value.normal_(1 if is_gain else 0, 0.3)
    return model.eval()


gpt = {
    "n_embd": WIDTH, "n_head": HEADS, "n_layer": BLOCKS, "n_positions": LENGTH, "vocab_size": VOCABULARY,
    "bos_token_id": 0, "eos_token_id": 0,
}
models = {
    "gpt1": t.OpenAIGPTLMHeadModel(t.OpenAIGPTConfig(**gpt)),
    "gpt2": t.GPT2LMHeadModel(t.GPT2Config(**gpt)),
    "bert": t.BertForMaskedLM(
        t.BertConfig(
            hidden_size=WIDTH, num_attention_heads=HEADS, num_hidden_layers=BLOCKS, intermediate_size=4 * WIDTH,
            max_position_embeddings=LENGTH, vocab_size=VOCABULARY,
        )
    ),
}
golden = {
    "versions": {"torch": torch.__version__, "transformers": t.__version__},
    "ids": ids.tolist(), "mask": mask.tolist(), "segments": segments.tolist(),
}
configs = {}


def keep(name: str, model: torch.nn.Module, has_segments: bool) -> None:
    """The weights, the configuration and the logits of a model."""
    model.save_pretrained(here, safe_serialization=True)
    (here / "model.safetensors").rename(here / f"{name}.safetensors")
    configs[name] = json.loads((here / "config.json").read_text())
    with torch.no_grad():
        kinds = {"token_type_ids": segments} if has_segments else {}
        logits = model(input_ids=ids, attention_mask=mask, **kinds).logits
    golden[name] = [[[round(x, 6) for x in row] for row in text] for text in logits.tolist()]


for name, model in models.items():
    keep(name, randomize(model), name == "bert")

# Made after the others, whose values would change otherwise.
bert = {
    "hidden_size": WIDTH, "num_attention_heads": HEADS, "num_hidden_layers": BLOCKS, "intermediate_size": 4 * WIDTH,
    "vocab_size": VOCABULARY, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "type_vocab_size": 2,
    "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
}
PADDING = 2  # no text has this id
family = {
    "albert": lambda: t.AlbertForMaskedLM(
        t.AlbertConfig(**bert, max_position_embeddings=LENGTH, embedding_size=WIDTH // 2, num_hidden_groups=1)
    ),
    "electra": lambda: t.ElectraForMaskedLM(
        t.ElectraConfig(**bert, max_position_embeddings=LENGTH, embedding_size=WIDTH // 2)
    ),
    "roberta-prelayernorm": lambda: t.RobertaPreLayerNormForMaskedLM(
        t.RobertaPreLayerNormConfig(**bert, max_position_embeddings=LENGTH + PADDING + 1, pad_token_id=PADDING)
    ),
    # With both heads; its logits are those of the first.
    "bert-both": lambda: t.BertForPreTraining(t.BertConfig(**bert, max_position_embeddings=LENGTH)),
    "albert-both": lambda: t.AlbertForPreTraining(
        t.AlbertConfig(**bert, max_position_embeddings=LENGTH, embedding_size=WIDTH // 2, num_hidden_groups=1)
    ),
}
shapes = {}
for name, make in family.items():
    model = randomize(make())
    if name.endswith("-both"):
        # Whose names and shapes alone are kept.
        model.save_pretrained(here, safe_serialization=True)
        shapes[name] = {key: list(value.shape) for key, value in load_file(here / "model.safetensors").items()}
        configs[name] = json.loads((here / "config.json").read_text())
        (here / "model.safetensors").unlink()
        continue
    if name == "roberta-prelayernorm":
        with torch.no_grad():
            model.roberta_prelayernorm.embeddings.position_embeddings.weight[PADDING] = 0
    keep(name, model, True)

for extra in ("config.json", "generation_config.json"):
    (here / extra).unlink(missing_ok=True)
(here / "logits.json").write_text(json.dumps(golden))
(here / "layouts.json").write_text(json.dumps({"configs": configs, "shapes": shapes}, indent=1, sort_keys=True) + "\n")
