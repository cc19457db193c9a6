"""Tiny randomly made models in the published layouts of GPT-1, GPT-2 and BERT, with what `transformers` computes of them.

Run with PyTorch and transformers: python tests/golden/make_text_models.py
"""

import json
from pathlib import Path

import torch
import transformers as t

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
for name, model in models.items():
    randomize(model)
    model.save_pretrained(here, safe_serialization=True)
    (here / "model.safetensors").rename(here / f"{name}.safetensors")
    with torch.no_grad():
        kinds = {"token_type_ids": segments} if name == "bert" else {}
        logits = model(input_ids=ids, attention_mask=mask, **kinds).logits
    golden[name] = [[[round(x, 6) for x in row] for row in text] for text in logits.tolist()]
for extra in ("config.json", "generation_config.json"):
    (here / extra).unlink(missing_ok=True)
(here / "logits.json").write_text(json.dumps(golden))
