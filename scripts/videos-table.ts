/** The table of docs/videos.md: what the learning runs of videos measured, beside untrained networks, controls and chance. */
import { keptRun, shown } from './learning-runs.js';
import { markdownTable } from './markdown-table.js';

/** A figure of the learning run by its name, or what is known without measuring. */
type Cell = string | { figure: string; note?: string };

interface Row {
  run: string;
  method: string;
  asked: string;
  unit: 'share' | 'number';
  learned: string;
  untrained: Cell;
  control: Cell;
  floor: Cell;
}

const link = (title: string, page: string): string => `[${title}](methods/${page}.md)`;

const ROWS: readonly Row[] = [
  {
    run: 'shuffle-and-learn',
    method: link('shuffle and learn', 'shuffle-and-learn'),
    asked: 'order of three frames, balanced accuracy',
    unit: 'share',
    learned: 'held-out balanced accuracy',
    untrained: { figure: 'held-out balanced accuracy, random initialization' },
    control: { figure: 'control: linear head', note: 'a linear head, trained' },
    floor: '50.0 %',
  },
  {
    run: 'shuffle-and-learn',
    method: '',
    asked: 'quarter of the frame, linear probe',
    unit: 'share',
    learned: 'quarters by a linear probe of fc6, pretrained',
    untrained: { figure: 'quarters by a linear probe of fc6, random initialization' },
    control: '',
    floor: '25.0 %',
  },
  {
    run: 'video-colorization',
    method: link('video colorization', 'video-colorization'),
    asked: 'IoU of masks after eight frames',
    unit: 'number',
    learned: 'IoU of masks after eight frames',
    untrained: { figure: 'IoU, random initialization' },
    control: { figure: 'control, learnt from clips that stand still: IoU', note: 'learned from still videos' },
    floor: { figure: 'IoU of the masks of the first frame', note: 'identity copy' },
  },
  {
    run: 'crw',
    method: link('CRW', 'crw'),
    asked: 'IoU of masks after eight frames, sprites like the ground',
    unit: 'number',
    learned: 'IoU of masks after eight frames',
    untrained: { figure: 'IoU, random initialization' },
    control: {
      figure: 'control: IoU, learnt from frames of different videos',
      note: 'learned from frames of other videos',
    },
    floor: { figure: 'IoU of the masks of the first frame', note: 'identity copy' },
  },
  {
    run: 'cvrl',
    method: link('CVRL', 'cvrl'),
    asked: 'motion of four, shapes of one look, linear probe',
    unit: 'share',
    learned: 'linear probe of the motion',
    untrained: { figure: 'linear probe, random initialization' },
    control: { figure: 'control: linear probe, learnt from repeated frames', note: 'learned from repeated frames' },
    floor: '25.0 %',
  },
  {
    run: 'motion-segmentation',
    method: link('motion segmentation', 'motion-segmentation'),
    asked: 'IoU of what moves, from a single frame',
    unit: 'number',
    learned: 'IoU in single held-out frames',
    untrained: { figure: 'IoU, head on a random network', note: 'its head alone trained' },
    control: { figure: 'control: IoU in single frames, sprites like the ground', note: 'sprites like the ground' },
    floor: { figure: 'IoU of the mean mask', note: 'the mean mask' },
  },
  {
    run: 'cpc-video',
    method: link('CPC of clips', 'cpc-video'),
    asked: 'the next frame among 3 of the same clip, discs of one look',
    unit: 'share',
    learned: 'held-out accuracy among the 3 next frames',
    untrained: { figure: 'accuracy among the next frames, random initialization' },
    control: {
      figure: 'control, shuffled frames: accuracy among the next frames',
      note: 'learned from shuffled frames',
    },
    floor: '33.3 %',
  },
  {
    run: 'cpc-episodes',
    method: link('CPC of episodes', 'cpc-video'),
    asked: 'the next picture among 4 of the same episode',
    unit: 'share',
    learned: 'held-out accuracy among the 4 next pictures',
    untrained: { figure: 'accuracy among the next pictures, random initialization' },
    control: {
      figure: 'control: held-out accuracy among the 4 next pictures',
      note: 'learned from shuffled pictures',
    },
    floor: '25.0 %',
  },
  {
    run: 'cpc-episodes',
    method: '',
    asked: 'cell of the agent, one of 34, linear probe',
    unit: 'share',
    learned: 'cell of the agent, from contexts',
    untrained: { figure: 'cell of the agent, from contexts, random initialization' },
    control: { figure: 'control: cell of the agent, from contexts', note: 'learned from shuffled pictures' },
    floor: '',
  },
  {
    run: 'tracking-patches',
    method: link('tracking patches', 'tracking-patches'),
    asked: 'the end of a track among 100',
    unit: 'share',
    learned: 'recall@1 among 100 tracks, trained',
    untrained: { figure: 'recall@1, random network' },
    control: { figure: 'control: recall@1 with shuffled partners', note: 'learned from shuffled partners' },
    floor: { figure: 'recall@1, raw pixels', note: 'raw pixels' },
  },
  {
    run: 'video-mae',
    method: link('VideoMAE', 'video-mae'),
    asked: 'explained share of hidden pixels',
    unit: 'number',
    learned: 'explained share of the hidden pixels',
    untrained: { figure: 'explained, random initialization' },
    control: {
      figure: 'control: explained where each place shows another clip',
      note: 'each place shows another clip',
    },
    floor: { figure: 'explained by the mean of what is seen', note: 'the mean of what is seen' },
  },
  {
    run: 'egomotion',
    method: link('egomotion', 'egomotion'),
    asked: 'shift to the right, one of nine',
    unit: 'share',
    learned: 'held-out accuracy, x',
    untrained: { figure: 'random initialization, x' },
    control: {
      figure: 'control: trained on frames of different images, x',
      note: 'learned from frames of two images',
    },
    floor: '11.1 %',
  },
  {
    run: 'camera',
    method: `${link('egomotion', 'egomotion')} of videos`,
    asked: 'shift to the right between frames of a video, one of five',
    unit: 'share',
    learned: 'held-out accuracy, x',
    untrained: { figure: 'random initialization, x' },
    control: {
      figure: 'control: trained on frames of different videos, x',
      note: 'learned from frames of different videos',
    },
    floor: '20.0 %',
  },
];

function cellsOf({ run, method, asked, unit, learned, untrained, control, floor }: Row): string[] {
  const { runs } = keptRun(run);
  const measured = (figure: string): string => {
    const values = runs.map(({ figures }) => figures[figure]);
    if (values.some((value) => value === undefined)) throw new Error(`${run} has no figure named "${figure}"`);
    return shown(values as number[], unit === 'share');
  };
  const cell = (one: Cell): string => {
    if (typeof one === 'string') return one;
    return `${measured(one.figure)}${one.note === undefined ? '' : ` (${one.note})`}`;
  };
  return [method, asked, measured(learned), cell(untrained), cell(control), cell(floor), String(runs.length)];
}

/** Markdown. */
export function videosTable(): string {
  const header = [
    'method',
    'what is asked',
    'learned',
    'untrained network',
    'control',
    'identity copy, or chance',
    'seeds',
  ];
  const sides = ['left', 'left', ...Array.from({ length: 5 }, () => 'right' as const)] as const;
  return markdownTable(header, ROWS.map(cellsOf), sides);
}
