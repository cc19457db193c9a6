/** Semi-supervised training, which competes with pretraining and fine-tuning on the same labels and samples. */
export const PEERS = ['pseudo-label', 'pseudo-label-ramp', 'vat', 'uda', 's4l-rotation', 'moam'] as const;

export type PeerName = (typeof PEERS)[number];

export const isPeer = (name: string): name is PeerName => PEERS.some((peer) => peer === name);
