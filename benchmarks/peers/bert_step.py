"""The peer of bert.ts: the same BERT, batch, masks and optimizer in Python PyTorch, eager mode, with scaled_dot_product_attention.

Waits for a line before each step and prints its seconds, and at the end one line of JSON."""
import json
import sys

import torch
from torch import nn
from torch.nn import functional as F

from stepping import take_steps

WIDTH, HEADS, BLOCKS, EPS = 256, 4, 4, 1e-12
CLS, SEP, MASK, SPECIAL = 2, 3, 4, 5


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH, EPS)
        self.fc1 = nn.Linear(WIDTH, 4 * WIDTH)
        self.fc2 = nn.Linear(4 * WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH, EPS)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, HEADS, d // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        x = self.norm1(x + self.proj(mixed.transpose(1, 2).reshape(n, t, d)))
        return self.norm2(x + self.fc2(F.gelu(self.fc1(x))))


class Bert(nn.Module):
    def __init__(self, vocabulary, context):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(context, WIDTH)
        self.segments = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPS)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.dense = nn.Linear(WIDTH, WIDTH)
        self.head_norm = nn.LayerNorm(WIDTH, EPS)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.trunc_normal_(module.weight, std=0.02, a=-0.04, b=0.04)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def forward(self, ids, places):
        """Logits at the hidden places, numbered through all texts."""
        positions = self.positions(torch.arange(ids.shape[1]))
        x = self.norm(self.tokens(ids) + positions + self.segments(torch.zeros_like(ids)))
        for block in self.blocks:
            x = block(x)
        x = x.flatten(0, 1).index_select(0, places)
        return F.linear(self.head_norm(F.gelu(self.dense(x))), self.tokens.weight, self.bias)


def hide(ids, count, vocabulary):
    """Of each text `count` tokens but its marks: 80 % become [MASK], 10 % a random token, the rest stays."""
    scores = torch.rand(ids.shape)
    scores[:, 0] = scores[:, -1] = -1
    chosen = scores.topk(count, 1).indices
    places = (chosen + ids.shape[1] * torch.arange(len(ids)).unsqueeze(1)).flatten()
    masked = ids.flatten().clone()
    labels = masked[places]
    draw = torch.rand(len(places))
    drawn = torch.where(draw < 0.9, torch.randint(0, vocabulary, (len(places),)), labels)
    masked[places] = torch.where(draw < 0.8, MASK, drawn)
    return masked.view_as(ids), places, labels


def main():
    config = json.loads(sys.argv[1])
    torch.set_num_threads(config["threads"])
    torch.manual_seed(0)
    vocabulary, context = config["vocabulary"] + SPECIAL, config["context"]
    model = Bert(vocabulary, context)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    spared = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": spared, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-4, fused=True)
    body = torch.randint(SPECIAL, vocabulary, (config["batch"], context - 2))
    ids = F.pad(F.pad(body, (1, 0), value=CLS), (0, 1), value=SEP)
    count = round(0.15 * context)

    def step():
        masked, places, labels = hide(ids, count, vocabulary)
        with torch.autocast("cpu", torch.bfloat16, enabled=config["precision"] == "bf16"):
            logits = model(masked, places)
        loss = F.cross_entropy(logits.float(), labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    take_steps(config, step, {"parameters": sum(p.numel() for p in model.parameters())})


main()
