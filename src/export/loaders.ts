import type { Backbone } from '../backbones/backbone.js';
import type { Encoder, TokenRows } from '../methods/method.js';

/** How another library names a network, and whether it makes it. */
export interface Loader {
  library: 'timm' | 'torchvision' | 'transformers' | 'transformers.js' | 'this library';
  /** What one types; `FOLDER` stands for the exported folder. */
  code: string;
}

/** What timm's `config.json` says: the name of the network and what differs from it. */
export interface TimmNetwork {
  architecture: string;
  modelArgs: Readonly<Record<string, unknown>>;
  pooling: 'avg' | 'token';
}

/** timm's networks of this size whose other numbers can be given. */
const TIMM_TRANSFORMERS: Record<string, string> = {
  'vit-micro': 'vit_tiny_patch16_224',
  'vit-tiny': 'vit_tiny_patch16_224',
  'vit-small': 'vit_small_patch16_224',
  'vit-base': 'vit_base_patch16_224',
};
const PUBLISHED_WIDTH = 64;

/** Depth and attention heads of our transformers, which timm is told. */
const SIZES: Record<string, { depth: number; num_heads: number }> = {
  'vit-micro': { depth: 6, num_heads: 4 },
  'vit-tiny': { depth: 12, num_heads: 3 },
  'vit-small': { depth: 12, num_heads: 6 },
  'vit-base': { depth: 12, num_heads: 12 },
};

/** The network of timm with the same weights; null where it makes none. */
export function timmNetwork({ architecture, options }: Backbone): TimmNetwork | null {
  const { inputChannels, imageSize, width, patchSize, pooling } = options;
  const transformer = TIMM_TRANSFORMERS[architecture];
  if (transformer !== undefined) {
    const isAverage = pooling === 'average';
    return {
      architecture: transformer,
      pooling: isAverage ? 'avg' : 'token',
      modelArgs: {
        ...{ img_size: imageSize, patch_size: patchSize, in_chans: inputChannels, embed_dim: width },
        ...SIZES[architecture],
        // With a mean over the patches, timm would norm after it and under another name.
        ...(isAverage ? { global_pool: 'avg', fc_norm: false } : {}),
      },
    };
  }
  if (!isPublishedResNet(architecture, options)) return null;
  return { architecture, pooling: 'avg', modelArgs: inputChannels === 3 ? {} : { in_chans: inputChannels } };
}

function isPublishedResNet(architecture: string, options: Backbone['options']): boolean {
  const { width, stem, norm, outputStride, padding } = options;
  if (!/^resnet\d+$/.test(architecture)) return false;
  return hasPublishedForm({ width, stem }) && norm === 'batch' && outputStride === undefined && padding === undefined;
}

const hasPublishedForm = ({ width, stem }: Pick<Backbone['options'], 'width' | 'stem'>): boolean =>
  width === PUBLISHED_WIDTH && stem === 'imagenet';

/** What this library reads, whatever it is. */
const OWN: Loader = { library: 'this library', code: "loadEncoder('FOLDER')" };

/** The constructors that take an exported folder or its `model.safetensors`, and sentences about what they do not do. */
export function loadersOf(encoder: Pick<Encoder, 'backbone' | 'preparation' | 'tokenRows'>): {
  loaders: Loader[];
  notes: string[];
} {
  if (encoder.tokenRows !== undefined) return loadersOfText(encoder.tokenRows);
  const {
    backbone,
    // A constructor knows it only where it is a mean and a deviation.
    preparation: { note },
  } = encoder;
  const { architecture, options } = backbone;
  const loaders: Loader[] = [];
  const notes: string[] = [];
  const load = 'load_file("FOLDER/model.safetensors")';
  const torchvision = (code: string, rest: string) => {
    loaders.push({
      library: 'torchvision',
      code: `net = torchvision.models.${code}; net.load_state_dict(${load}, strict=False)${rest}`,
    });
  };
  if (timmNetwork(backbone) !== null)
    loaders.push({ library: 'timm', code: 'timm.create_model("local-dir:FOLDER", pretrained=True, num_classes=0)' });
  if (isPublishedResNet(architecture, options) && options.inputChannels === 3)
    torchvision(`${architecture}()`, '; net.fc = torch.nn.Identity()');
  const vgg = { vgg16: 'vgg16_bn', 'vgg16-plain': 'vgg16' }[architecture];
  if (vgg !== undefined && options.inputChannels === 3 && hasPublishedForm(options) && options.pooling === 'average') {
    torchvision(`${vgg}()`, '; net.features[:-1](x).mean((2, 3))');
    notes.push('timm makes no VGG-16 without its fully connected layers, which pretraining has not; torchvision does.');
  }
  const video = { r3d18: 'r3d_18', r2plus1d18: 'r2plus1d_18' }[architecture];
  if (video !== undefined && hasPublishedForm(options) && options.inputChannels === 3)
    torchvision(`video.${video}()`, '; net.fc = torch.nn.Identity(); net(clips.transpose(1, 2))');
  if (loaders.length === 0)
    notes.push(
      `timm and torchvision make no ${architecture} of this form (${formOf(options)}); docs/encoder.md has the code that does, and onnx/model.onnx needs none.`,
    );
  if (note !== undefined && loaders.length > 0)
    notes.push(
      `They take samples that are prepared as the file says (${note}); onnx/model.onnx prepares them by itself.`,
    );
  return { loaders: [...loaders, OWN], notes };
}

function loadersOfText(rows: TokenRows | string): { loaders: Loader[]; notes: string[] } {
  if (typeof rows === 'string') return { loaders: [OWN], notes: [] };
  const code = "AutoTokenizer.from_pretrained('FOLDER'), AutoModel.from_pretrained('FOLDER', { dtype: 'fp32' })";
  const filled = `{ padding: 'max_length', max_length: ${rows.most}, truncation: true }`;
  return {
    loaders: [{ library: 'transformers.js', code }, OWN],
    notes: rows.isFixed === true ? [`Rows of ids must have ${rows.most} of them: tokenizer(texts, ${filled}).`] : [],
  };
}

function formOf({ width, stem, norm, patches, splitAt }: Backbone['options']): string {
  return [
    ...(width === undefined ? [] : [`width ${width}`]),
    ...(stem === undefined ? [] : [`stem ${stem}`]),
    ...(norm === undefined || norm === 'batch' ? [] : [`norm ${norm}`]),
    ...(patches === undefined ? [] : [`patches of ${patches.side} pixels`]),
    ...(splitAt === undefined ? [] : ['two halves']),
  ].join(', ');
}
