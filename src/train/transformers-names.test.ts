import { expect, it } from 'vitest';
import { ops } from '../engine/index.js';
import { fromTransformers } from './transformers-names.js';

it('keeps two networks of one file apart, and what belongs to none of them', () => {
  const names = ['embeddings.patch_embeddings.projection.weight', 'embeddings.cls_token', 'layernorm.bias'];
  const keys = ['student.vit.', 'teacher.vit.', 'model.'].flatMap((start) => names.map((name) => start + name));
  const weights = new Map([...keys, 'head.weight', 'teacher.vit.pooler.weight'].map((key) => [key, ops.zeros([1])]));
  const own = ['patch_embed.proj.weight', 'cls_token', 'norm.bias'];
  expect([...fromTransformers(weights).keys()]).toEqual([
    ...['student.', 'teacher.', 'model.'].flatMap((start) => own.map((name) => start + name)),
    'head.weight',
    'teacher.vit.pooler.weight',
  ]);
});

it('leaves other weights as they are', () => {
  const weights = new Map(['conv1.weight', 'vit.norm.weight'].map((key) => [key, ops.zeros([1])]));
  expect(fromTransformers(weights)).toEqual(weights);
});
