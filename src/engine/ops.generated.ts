// Written by scripts/generate-ops.ts from libtorch's operator schemas. Change scripts/operators.ts and run `npm run generate`.

import { type Device, type GeneratorHandle, native, type NativeValue, operator } from './bridge.js';
import { type DType, dtypeCode, type MemoryFormat, memoryFormatCode } from './dtype.js';
import { float, operand, type Scalar, stored, storedRange } from './scalars.js';
import { idOf, idsOf, optionalId } from './tensor-arguments.js';
import { TensorBase } from './tensor-base.js';

const NAMES = [
  'aten::add.Tensor',
  'aten::add.Scalar',
  'aten::add_.Tensor',
  'aten::add_.Scalar',
  'aten::sub.Tensor',
  'aten::sub.Scalar',
  'aten::sub_.Tensor',
  'aten::sub_.Scalar',
  'aten::mul.Tensor',
  'aten::mul.Scalar',
  'aten::mul_.Tensor',
  'aten::mul_.Scalar',
  'aten::div.Tensor',
  'aten::div.Scalar',
  'aten::div_.Tensor',
  'aten::div_.Scalar',
  'aten::pow.Tensor_Tensor',
  'aten::pow.Tensor_Scalar',
  'aten::remainder.Tensor',
  'aten::remainder.Scalar',
  'aten::floor_divide',
  'aten::floor_divide.Scalar',
  'aten::rsub.Tensor',
  'aten::rsub.Scalar',
  'aten::eq.Tensor',
  'aten::eq.Scalar',
  'aten::ne.Tensor',
  'aten::ne.Scalar',
  'aten::lt.Tensor',
  'aten::lt.Scalar',
  'aten::le.Tensor',
  'aten::le.Scalar',
  'aten::gt.Tensor',
  'aten::gt.Scalar',
  'aten::ge.Tensor',
  'aten::ge.Scalar',
  'aten::maximum',
  'aten::minimum',
  'aten::addcmul',
  'aten::addcmul_',
  'aten::addcdiv_',
  'aten::lerp.Scalar',
  'aten::lerp.Tensor',
  'aten::lerp_.Scalar',
  'aten::lerp_.Tensor',
  'aten::atan2',
  'aten::logical_and',
  'aten::logical_or',
  'aten::logical_not',
  'aten::bitwise_and.Tensor',
  'aten::bitwise_or.Tensor',
  'aten::bitwise_xor.Tensor',
  'aten::neg',
  'aten::exp',
  'aten::exp_',
  'aten::log',
  'aten::log_',
  'aten::log2',
  'aten::log1p',
  'aten::expm1',
  'aten::sqrt',
  'aten::sqrt_',
  'aten::rsqrt',
  'aten::square',
  'aten::reciprocal',
  'aten::abs',
  'aten::sign',
  'aten::sin',
  'aten::cos',
  'aten::tan',
  'aten::acos',
  'aten::asin',
  'aten::atan',
  'aten::floor',
  'aten::ceil',
  'aten::round',
  'aten::round.decimals',
  'aten::trunc',
  'aten::frac',
  'aten::erf',
  'aten::isnan',
  'aten::isinf',
  'aten::isfinite',
  'aten::nan_to_num',
  'aten::sigmoid',
  'aten::tanh',
  'aten::relu',
  'aten::relu_',
  'aten::leaky_relu',
  'aten::leaky_relu_',
  'aten::elu',
  'aten::gelu',
  'aten::silu',
  'aten::softplus',
  'aten::hardtanh',
  'aten::log_sigmoid',
  'aten::tanh_',
  'aten::sigmoid_',
  'aten::clamp',
  'aten::clamp_',
  'aten::clamp_min',
  'aten::clamp_min_',
  'aten::clamp_max',
  'aten::clamp_max_',
  'aten::sum.dim_IntList',
  'aten::mean.dim',
  'aten::prod',
  'aten::prod.dim_int',
  'aten::var.correction',
  'aten::std.correction',
  'aten::var_mean.correction',
  'aten::amax',
  'aten::amin',
  'aten::argmax',
  'aten::argmin',
  'aten::max.dim',
  'aten::min.dim',
  'aten::max',
  'aten::min',
  'aten::median',
  'aten::any',
  'aten::all',
  'aten::any.dim',
  'aten::all.dim',
  'aten::logsumexp',
  'aten::cumsum',
  'aten::cumprod',
  'aten::softmax.int',
  'aten::log_softmax.int',
  'aten::topk',
  'aten::sort',
  'aten::sort.stable',
  'aten::argsort',
  'aten::bincount',
  'aten::histc',
  'aten::linalg_vector_norm',
  'aten::count_nonzero.dim_IntList',
  'aten::unique_dim',
  'aten::_unique2',
  'aten::searchsorted.Tensor',
  'aten::view',
  'aten::view.dtype',
  'aten::reshape',
  'aten::permute',
  'aten::transpose.int',
  'aten::t',
  'aten::flatten.using_ints',
  'aten::unflatten.int',
  'aten::unsqueeze',
  'aten::squeeze.dim',
  'aten::expand',
  'aten::expand_as',
  'aten::repeat',
  'aten::repeat_interleave.self_int',
  'aten::flip',
  'aten::rot90',
  'aten::roll',
  'aten::narrow',
  'aten::select.int',
  'aten::slice.Tensor',
  'aten::index_select',
  'aten::gather',
  'aten::scatter.src',
  'aten::scatter.value',
  'aten::scatter_.src',
  'aten::scatter_.value',
  'aten::scatter_add',
  'aten::scatter_add_',
  'aten::index.Tensor',
  'aten::index_put_',
  'aten::index_copy',
  'aten::index_copy_',
  'aten::index_add',
  'aten::index_add_',
  'aten::index_fill_.int_Scalar',
  'aten::masked_fill.Scalar',
  'aten::masked_fill_.Scalar',
  'aten::masked_select',
  'aten::where.self',
  'aten::take_along_dim',
  'aten::diagonal',
  'aten::diag',
  'aten::unfold',
  'aten::tril',
  'aten::triu',
  'aten::chunk',
  'aten::split.Tensor',
  'aten::split_with_sizes',
  'aten::unbind.int',
  'aten::movedim.int',
  'aten::movedim.intlist',
  'aten::contiguous',
  'aten::clone',
  'aten::detach',
  'aten::detach_',
  'aten::copy_',
  'aten::zero_',
  'aten::fill_.Scalar',
  'aten::as_strided',
  'aten::nonzero',
  'aten::one_hot',
  'aten::nan_to_num_',
  'aten::view_as',
  'aten::cat',
  'aten::stack',
  'aten::meshgrid.indexing',
  'aten::zeros',
  'aten::ones',
  'aten::full',
  'aten::empty.memory_format',
  'aten::eye',
  'aten::linspace',
  'aten::arange.start_step',
  'aten::zeros_like',
  'aten::ones_like',
  'aten::empty_like',
  'aten::full_like',
  'aten::rand.generator',
  'aten::randn.generator',
  'aten::randint.low_generator',
  'aten::randperm.generator',
  'aten::multinomial',
  'aten::uniform_',
  'aten::normal_',
  'aten::bernoulli_.float',
  'aten::bernoulli',
  'aten::exponential_',
  'aten::random_.from',
  'aten::mm',
  'aten::bmm',
  'aten::matmul',
  'aten::addmm',
  'aten::baddbmm',
  'aten::dot',
  'aten::mv',
  'aten::outer',
  'aten::einsum',
  'aten::cdist',
  'aten::linalg_qr',
  'aten::linalg_eigh',
  'aten::linalg_svd',
  'aten::linalg_cholesky',
  'aten::linalg_solve',
  'aten::linalg_inv',
  'aten::linalg_slogdet',
  'aten::linalg_solve_triangular',
  'aten::linear',
  'aten::conv1d',
  'aten::conv2d',
  'aten::conv3d',
  'aten::conv_transpose1d',
  'aten::conv_transpose2d.input',
  'aten::conv_transpose3d.input',
  'aten::max_pool1d',
  'aten::max_pool2d',
  'aten::max_pool3d',
  'aten::avg_pool1d',
  'aten::avg_pool2d',
  'aten::avg_pool3d',
  'aten::adaptive_avg_pool1d',
  'aten::adaptive_avg_pool2d',
  'aten::adaptive_avg_pool3d',
  'aten::adaptive_max_pool2d',
  'aten::batch_norm',
  'aten::layer_norm',
  'aten::group_norm',
  'aten::instance_norm',
  'aten::dropout',
  'aten::feature_dropout',
  'aten::embedding',
  'aten::prelu',
  'aten::scaled_dot_product_attention',
  'aten::gru.input',
  'aten::lstm.input',
  'aten::gru_cell',
  'aten::lstm_cell',
  'aten::_cudnn_rnn_flatten_weight',
  'aten::cross_entropy_loss',
  'aten::nll_loss_nd',
  'aten::binary_cross_entropy_with_logits',
  'aten::mse_loss',
  'aten::l1_loss',
  'aten::smooth_l1_loss',
  'aten::kl_div',
  'aten::cosine_similarity',
  'aten::pixel_shuffle',
  'aten::pixel_unshuffle',
  'aten::grid_sampler',
  'aten::affine_grid_generator',
  'aten::pad',
  'aten::im2col',
  'aten::col2im',
  'aten::upsample_nearest2d.vec',
  'aten::upsample_bilinear2d.vec',
  'aten::upsample_bicubic2d.vec',
  'aten::_upsample_bilinear2d_aa.vec',
  'aten::_upsample_bicubic2d_aa.vec',
  'aten::_to_copy',
  'aten::from_file',
  'aten::_foreach_add_.List',
  'aten::_foreach_add_.Scalar',
  'aten::_foreach_mul_.Scalar',
  'aten::_foreach_mul_.Tensor',
  'aten::_foreach_add.List',
  'aten::_foreach_sub_.List',
  'aten::_foreach_sqrt',
  'aten::_foreach_mul_.List',
  'aten::_foreach_div.List',
  'aten::_foreach_norm.Scalar',
  'aten::_foreach_lerp_.Scalar',
  'aten::_foreach_addcmul_.Scalar',
  'aten::_foreach_addcdiv_.Scalar',
  'aten::_fused_sgd_',
  'aten::_fused_adam_',
  'aten::_fused_adamw_',
  'aten::_fused_adagrad_',
  'aten::equal',
  'aten::erfinv_',
  'aten::logaddexp',
  'aten::fft_rfft2',
  'aten::fft_irfft2',
  'aten::view_as_real',
  'aten::view_as_complex',
  'aten::conj_physical',
] as const;

export { float, type Scalar };

const one = (value: NativeValue): Tensor => new Tensor(value as number);
const many = (value: NativeValue): Tensor[] => (value as number[]).map(one);
const isTensor = (value: Tensor | Scalar): value is Tensor => typeof value === 'object' && value !== null && 'id' in value;

/**
 * An n-dimensional array on a device: a number that names a libtorch tensor. Its operators are PyTorch's in camelCase, with
 * the underscore of in-place operators kept (`add_`). Free it with `scope`, `using` or `dispose`; using it afterwards throws
 * `FREED`.
 */
export class Tensor extends TensorBase {
  /** `aten::add.Tensor`, `aten::add.Scalar` */
  add(other: Tensor | Scalar, options: { alpha?: Scalar } = {}): Tensor {
    const result = isTensor(other)
      ? native().call(operator(0, NAMES), this.id, idOf(other, 'other'), options.alpha)
      : native().call(operator(1, NAMES), this.id, other, options.alpha);
    return one(result);
  }

  /** `aten::add_.Tensor`, `aten::add_.Scalar` */
  add_(other: Tensor | Scalar, options: { alpha?: Scalar } = {}): this {
    const result = isTensor(other)
      ? native().call(operator(2, NAMES), this.id, idOf(other, 'other'), options.alpha)
      : native().call(operator(3, NAMES), this.id, other, options.alpha);
    void result;
    return this;
  }

  /** `aten::sub.Tensor`, `aten::sub.Scalar` */
  sub(other: Tensor | Scalar, options: { alpha?: Scalar } = {}): Tensor {
    const result = isTensor(other)
      ? native().call(operator(4, NAMES), this.id, idOf(other, 'other'), options.alpha)
      : native().call(operator(5, NAMES), this.id, other, options.alpha);
    return one(result);
  }

  /** `aten::sub_.Tensor`, `aten::sub_.Scalar` */
  sub_(other: Tensor | Scalar, options: { alpha?: Scalar } = {}): this {
    const result = isTensor(other)
      ? native().call(operator(6, NAMES), this.id, idOf(other, 'other'), options.alpha)
      : native().call(operator(7, NAMES), this.id, other, options.alpha);
    void result;
    return this;
  }

  /** `aten::mul.Tensor`, `aten::mul.Scalar` */
  mul(other: Tensor | Scalar): Tensor {
    const result = isTensor(other)
      ? native().call(operator(8, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(9, NAMES), this.id, other);
    return one(result);
  }

  /** `aten::mul_.Tensor`, `aten::mul_.Scalar` */
  mul_(other: Tensor | Scalar): this {
    const result = isTensor(other)
      ? native().call(operator(10, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(11, NAMES), this.id, other);
    void result;
    return this;
  }

  /** `aten::div.Tensor`, `aten::div.Scalar` */
  div(other: Tensor | Scalar): Tensor {
    const result = isTensor(other)
      ? native().call(operator(12, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(13, NAMES), this.id, other);
    return one(result);
  }

  /** `aten::div_.Tensor`, `aten::div_.Scalar` */
  div_(other: Tensor | Scalar): this {
    const result = isTensor(other)
      ? native().call(operator(14, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(15, NAMES), this.id, other);
    void result;
    return this;
  }

  /** `aten::pow.Tensor_Tensor`, `aten::pow.Tensor_Scalar` */
  pow(exponent: Tensor | Scalar): Tensor {
    const result = isTensor(exponent)
      ? native().call(operator(16, NAMES), this.id, idOf(exponent, 'exponent'))
      : native().call(operator(17, NAMES), this.id, exponent);
    return one(result);
  }

  /** `aten::remainder.Tensor`, `aten::remainder.Scalar` */
  remainder(other: Tensor | Scalar): Tensor {
    const result = isTensor(other)
      ? native().call(operator(18, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(19, NAMES), this.id, operand(other, this.id, 'other'));
    return one(result);
  }

  /** `aten::floor_divide`, `aten::floor_divide.Scalar` */
  floorDivide(other: Tensor | Scalar): Tensor {
    const result = isTensor(other)
      ? native().call(operator(20, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(21, NAMES), this.id, operand(other, this.id, 'other'));
    return one(result);
  }

  /** `aten::rsub.Tensor`, `aten::rsub.Scalar` */
  rsub(other: Tensor | Scalar, options: { alpha?: Scalar } = {}): Tensor {
    const result = isTensor(other)
      ? native().call(operator(22, NAMES), this.id, idOf(other, 'other'), options.alpha)
      : native().call(operator(23, NAMES), this.id, other, options.alpha);
    return one(result);
  }

  /** `aten::eq.Tensor`, `aten::eq.Scalar` */
  eq(other: Tensor | Scalar): Tensor {
    const result = isTensor(other)
      ? native().call(operator(24, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(25, NAMES), this.id, operand(other, this.id, 'other'));
    return one(result);
  }

  /** `aten::ne.Tensor`, `aten::ne.Scalar` */
  ne(other: Tensor | Scalar): Tensor {
    const result = isTensor(other)
      ? native().call(operator(26, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(27, NAMES), this.id, operand(other, this.id, 'other'));
    return one(result);
  }

  /** `aten::lt.Tensor`, `aten::lt.Scalar` */
  lt(other: Tensor | Scalar): Tensor {
    const result = isTensor(other)
      ? native().call(operator(28, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(29, NAMES), this.id, operand(other, this.id, 'other'));
    return one(result);
  }

  /** `aten::le.Tensor`, `aten::le.Scalar` */
  le(other: Tensor | Scalar): Tensor {
    const result = isTensor(other)
      ? native().call(operator(30, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(31, NAMES), this.id, operand(other, this.id, 'other'));
    return one(result);
  }

  /** `aten::gt.Tensor`, `aten::gt.Scalar` */
  gt(other: Tensor | Scalar): Tensor {
    const result = isTensor(other)
      ? native().call(operator(32, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(33, NAMES), this.id, operand(other, this.id, 'other'));
    return one(result);
  }

  /** `aten::ge.Tensor`, `aten::ge.Scalar` */
  ge(other: Tensor | Scalar): Tensor {
    const result = isTensor(other)
      ? native().call(operator(34, NAMES), this.id, idOf(other, 'other'))
      : native().call(operator(35, NAMES), this.id, operand(other, this.id, 'other'));
    return one(result);
  }

  /** `aten::maximum` */
  maximum(other: Tensor): Tensor {
    return one(native().call(operator(36, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::minimum` */
  minimum(other: Tensor): Tensor {
    return one(native().call(operator(37, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::addcmul` */
  addcmul(tensor1: Tensor, tensor2: Tensor, options: { value?: Scalar } = {}): Tensor {
    return one(native().call(operator(38, NAMES), this.id, idOf(tensor1, 'tensor1'), idOf(tensor2, 'tensor2'), options.value));
  }

  /** `aten::addcmul_` */
  addcmul_(tensor1: Tensor, tensor2: Tensor, options: { value?: Scalar } = {}): this {
    native().call(operator(39, NAMES), this.id, idOf(tensor1, 'tensor1'), idOf(tensor2, 'tensor2'), options.value);
    return this;
  }

  /** `aten::addcdiv_` */
  addcdiv_(tensor1: Tensor, tensor2: Tensor, options: { value?: Scalar } = {}): this {
    native().call(operator(40, NAMES), this.id, idOf(tensor1, 'tensor1'), idOf(tensor2, 'tensor2'), options.value);
    return this;
  }

  /** `aten::lerp.Scalar`, `aten::lerp.Tensor` */
  lerp(end: Tensor, weight: Tensor | Scalar): Tensor {
    const result = isTensor(weight)
      ? native().call(operator(42, NAMES), this.id, idOf(end, 'end'), idOf(weight, 'weight'))
      : native().call(operator(41, NAMES), this.id, idOf(end, 'end'), weight);
    return one(result);
  }

  /** `aten::lerp_.Scalar`, `aten::lerp_.Tensor` */
  lerp_(end: Tensor, weight: Tensor | Scalar): this {
    const result = isTensor(weight)
      ? native().call(operator(44, NAMES), this.id, idOf(end, 'end'), idOf(weight, 'weight'))
      : native().call(operator(43, NAMES), this.id, idOf(end, 'end'), weight);
    void result;
    return this;
  }

  /** `aten::atan2` */
  atan2(other: Tensor): Tensor {
    return one(native().call(operator(45, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::logical_and` */
  logicalAnd(other: Tensor): Tensor {
    return one(native().call(operator(46, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::logical_or` */
  logicalOr(other: Tensor): Tensor {
    return one(native().call(operator(47, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::logical_not` */
  logicalNot(): Tensor {
    return one(native().call(operator(48, NAMES), this.id));
  }

  /** `aten::bitwise_and.Tensor` */
  bitwiseAnd(other: Tensor): Tensor {
    return one(native().call(operator(49, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::bitwise_or.Tensor` */
  bitwiseOr(other: Tensor): Tensor {
    return one(native().call(operator(50, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::bitwise_xor.Tensor` */
  bitwiseXor(other: Tensor): Tensor {
    return one(native().call(operator(51, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::neg` */
  neg(): Tensor {
    return one(native().call(operator(52, NAMES), this.id));
  }

  /** `aten::exp` */
  exp(): Tensor {
    return one(native().call(operator(53, NAMES), this.id));
  }

  /** `aten::exp_` */
  exp_(): this {
    native().call(operator(54, NAMES), this.id);
    return this;
  }

  /** `aten::log` */
  log(): Tensor {
    return one(native().call(operator(55, NAMES), this.id));
  }

  /** `aten::log_` */
  log_(): this {
    native().call(operator(56, NAMES), this.id);
    return this;
  }

  /** `aten::log2` */
  log2(): Tensor {
    return one(native().call(operator(57, NAMES), this.id));
  }

  /** `aten::log1p` */
  log1p(): Tensor {
    return one(native().call(operator(58, NAMES), this.id));
  }

  /** `aten::expm1` */
  expm1(): Tensor {
    return one(native().call(operator(59, NAMES), this.id));
  }

  /** `aten::sqrt` */
  sqrt(): Tensor {
    return one(native().call(operator(60, NAMES), this.id));
  }

  /** `aten::sqrt_` */
  sqrt_(): this {
    native().call(operator(61, NAMES), this.id);
    return this;
  }

  /** `aten::rsqrt` */
  rsqrt(): Tensor {
    return one(native().call(operator(62, NAMES), this.id));
  }

  /** `aten::square` */
  square(): Tensor {
    return one(native().call(operator(63, NAMES), this.id));
  }

  /** `aten::reciprocal` */
  reciprocal(): Tensor {
    return one(native().call(operator(64, NAMES), this.id));
  }

  /** `aten::abs` */
  abs(): Tensor {
    return one(native().call(operator(65, NAMES), this.id));
  }

  /** `aten::sign` */
  sign(): Tensor {
    return one(native().call(operator(66, NAMES), this.id));
  }

  /** `aten::sin` */
  sin(): Tensor {
    return one(native().call(operator(67, NAMES), this.id));
  }

  /** `aten::cos` */
  cos(): Tensor {
    return one(native().call(operator(68, NAMES), this.id));
  }

  /** `aten::tan` */
  tan(): Tensor {
    return one(native().call(operator(69, NAMES), this.id));
  }

  /** `aten::acos` */
  acos(): Tensor {
    return one(native().call(operator(70, NAMES), this.id));
  }

  /** `aten::asin` */
  asin(): Tensor {
    return one(native().call(operator(71, NAMES), this.id));
  }

  /** `aten::atan` */
  atan(): Tensor {
    return one(native().call(operator(72, NAMES), this.id));
  }

  /** `aten::floor` */
  floor(): Tensor {
    return one(native().call(operator(73, NAMES), this.id));
  }

  /** `aten::ceil` */
  ceil(): Tensor {
    return one(native().call(operator(74, NAMES), this.id));
  }

  /** `aten::round` */
  round(): Tensor {
    return one(native().call(operator(75, NAMES), this.id));
  }

  /** `aten::round.decimals` */
  roundTo(options: { decimals: number }): Tensor {
    return one(native().call(operator(76, NAMES), this.id, options.decimals));
  }

  /** `aten::trunc` */
  trunc(): Tensor {
    return one(native().call(operator(77, NAMES), this.id));
  }

  /** `aten::frac` */
  frac(): Tensor {
    return one(native().call(operator(78, NAMES), this.id));
  }

  /** `aten::erf` */
  erf(): Tensor {
    return one(native().call(operator(79, NAMES), this.id));
  }

  /** `aten::isnan` */
  isnan(): Tensor {
    return one(native().call(operator(80, NAMES), this.id));
  }

  /** `aten::isinf` */
  isinf(): Tensor {
    return one(native().call(operator(81, NAMES), this.id));
  }

  /** `aten::isfinite` */
  isfinite(): Tensor {
    return one(native().call(operator(82, NAMES), this.id));
  }

  /** `aten::nan_to_num` */
  nanToNum(nan?: number | null, posinf?: number | null, neginf?: number | null): Tensor {
    return one(native().call(operator(83, NAMES), this.id, nan, posinf, neginf));
  }

  /** `aten::sigmoid` */
  sigmoid(): Tensor {
    return one(native().call(operator(84, NAMES), this.id));
  }

  /** `aten::tanh` */
  tanh(): Tensor {
    return one(native().call(operator(85, NAMES), this.id));
  }

  /** `aten::relu` */
  relu(): Tensor {
    return one(native().call(operator(86, NAMES), this.id));
  }

  /** `aten::relu_` */
  relu_(): this {
    native().call(operator(87, NAMES), this.id);
    return this;
  }

  /** `aten::leaky_relu` */
  leakyRelu(negativeSlope?: Scalar): Tensor {
    return one(native().call(operator(88, NAMES), this.id, negativeSlope));
  }

  /** `aten::leaky_relu_` */
  leakyRelu_(negativeSlope?: Scalar): this {
    native().call(operator(89, NAMES), this.id, negativeSlope);
    return this;
  }

  /** `aten::elu` */
  elu(alpha?: Scalar, scale?: Scalar, inputScale?: Scalar): Tensor {
    return one(native().call(operator(90, NAMES), this.id, alpha, scale, inputScale));
  }

  /** `aten::gelu` */
  gelu(options: { approximate?: string } = {}): Tensor {
    return one(native().call(operator(91, NAMES), this.id, options.approximate));
  }

  /** `aten::silu` */
  silu(): Tensor {
    return one(native().call(operator(92, NAMES), this.id));
  }

  /** `aten::softplus` */
  softplus(beta?: Scalar, threshold?: Scalar): Tensor {
    return one(native().call(operator(93, NAMES), this.id, beta, threshold));
  }

  /** `aten::hardtanh` */
  hardtanh(minVal?: Scalar, maxVal?: Scalar): Tensor {
    return one(native().call(operator(94, NAMES), this.id, minVal, maxVal));
  }

  /** `aten::log_sigmoid` */
  logSigmoid(): Tensor {
    return one(native().call(operator(95, NAMES), this.id));
  }

  /** `aten::tanh_` */
  tanh_(): this {
    native().call(operator(96, NAMES), this.id);
    return this;
  }

  /** `aten::sigmoid_` */
  sigmoid_(): this {
    native().call(operator(97, NAMES), this.id);
    return this;
  }

  /** `aten::clamp` */
  clamp(min?: Scalar | null, max?: Scalar | null): Tensor {
    return one(native().call(operator(98, NAMES), this.id, operand(min, this.id, 'min'), operand(max, this.id, 'max')));
  }

  /** `aten::clamp_` */
  clamp_(min?: Scalar | null, max?: Scalar | null): this {
    native().call(operator(99, NAMES), this.id, operand(min, this.id, 'min'), operand(max, this.id, 'max'));
    return this;
  }

  /** `aten::clamp_min` */
  clampMin(min: Scalar): Tensor {
    return one(native().call(operator(100, NAMES), this.id, operand(min, this.id, 'min')));
  }

  /** `aten::clamp_min_` */
  clampMin_(min: Scalar): this {
    native().call(operator(101, NAMES), this.id, operand(min, this.id, 'min'));
    return this;
  }

  /** `aten::clamp_max` */
  clampMax(max: Scalar): Tensor {
    return one(native().call(operator(102, NAMES), this.id, operand(max, this.id, 'max')));
  }

  /** `aten::clamp_max_` */
  clampMax_(max: Scalar): this {
    native().call(operator(103, NAMES), this.id, operand(max, this.id, 'max'));
    return this;
  }

  /** `aten::sum.dim_IntList` */
  sum(dim?: number | readonly number[] | null, keepdim?: boolean, options: { dtype?: DType } = {}): Tensor {
    return one(native().call(operator(104, NAMES), this.id, dim, keepdim, dtypeCode(options.dtype)));
  }

  /** `aten::mean.dim` */
  mean(dim?: number | readonly number[] | null, keepdim?: boolean, options: { dtype?: DType } = {}): Tensor {
    return one(native().call(operator(105, NAMES), this.id, dim, keepdim, dtypeCode(options.dtype)));
  }

  /** `aten::prod` */
  prod(options: { dtype?: DType } = {}): Tensor {
    return one(native().call(operator(106, NAMES), this.id, dtypeCode(options.dtype)));
  }

  /** `aten::prod.dim_int` */
  prodDim(dim: number, keepdim?: boolean, options: { dtype?: DType } = {}): Tensor {
    return one(native().call(operator(107, NAMES), this.id, dim, keepdim, dtypeCode(options.dtype)));
  }

  /** `aten::var.correction` */
  var(dim?: number | readonly number[] | null, options: { correction?: Scalar | null; keepdim?: boolean } = {}): Tensor {
    return one(native().call(operator(108, NAMES), this.id, dim, options.correction, options.keepdim));
  }

  /** `aten::std.correction` */
  std(dim?: number | readonly number[] | null, options: { correction?: Scalar | null; keepdim?: boolean } = {}): Tensor {
    return one(native().call(operator(109, NAMES), this.id, dim, options.correction, options.keepdim));
  }

  /** `aten::var_mean.correction` */
  varMean(dim?: number | readonly number[] | null, options: { correction?: Scalar | null; keepdim?: boolean } = {}): [Tensor, Tensor] {
    return many(native().call(operator(110, NAMES), this.id, dim, options.correction, options.keepdim)) as [Tensor, Tensor];
  }

  /** `aten::amax` */
  amax(dim?: number | readonly number[], keepdim?: boolean): Tensor {
    return one(native().call(operator(111, NAMES), this.id, dim, keepdim));
  }

  /** `aten::amin` */
  amin(dim?: number | readonly number[], keepdim?: boolean): Tensor {
    return one(native().call(operator(112, NAMES), this.id, dim, keepdim));
  }

  /** `aten::argmax` */
  argmax(dim?: number | null, keepdim?: boolean): Tensor {
    return one(native().call(operator(113, NAMES), this.id, dim, keepdim));
  }

  /** `aten::argmin` */
  argmin(dim?: number | null, keepdim?: boolean): Tensor {
    return one(native().call(operator(114, NAMES), this.id, dim, keepdim));
  }

  /** `aten::max.dim` */
  maxDim(dim: number, keepdim?: boolean): [values: Tensor, indices: Tensor] {
    return many(native().call(operator(115, NAMES), this.id, dim, keepdim)) as [values: Tensor, indices: Tensor];
  }

  /** `aten::min.dim` */
  minDim(dim: number, keepdim?: boolean): [values: Tensor, indices: Tensor] {
    return many(native().call(operator(116, NAMES), this.id, dim, keepdim)) as [values: Tensor, indices: Tensor];
  }

  /** `aten::max` */
  max(): Tensor {
    return one(native().call(operator(117, NAMES), this.id));
  }

  /** `aten::min` */
  min(): Tensor {
    return one(native().call(operator(118, NAMES), this.id));
  }

  /** `aten::median` */
  median(): Tensor {
    return one(native().call(operator(119, NAMES), this.id));
  }

  /** `aten::any` */
  any(): Tensor {
    return one(native().call(operator(120, NAMES), this.id));
  }

  /** `aten::all` */
  all(): Tensor {
    return one(native().call(operator(121, NAMES), this.id));
  }

  /** `aten::any.dim` */
  anyDim(dim: number, keepdim?: boolean): Tensor {
    return one(native().call(operator(122, NAMES), this.id, dim, keepdim));
  }

  /** `aten::all.dim` */
  allDim(dim: number, keepdim?: boolean): Tensor {
    return one(native().call(operator(123, NAMES), this.id, dim, keepdim));
  }

  /** `aten::logsumexp` */
  logsumexp(dim: number | readonly number[], keepdim?: boolean): Tensor {
    return one(native().call(operator(124, NAMES), this.id, dim, keepdim));
  }

  /** `aten::cumsum` */
  cumsum(dim: number, options: { dtype?: DType } = {}): Tensor {
    return one(native().call(operator(125, NAMES), this.id, dim, dtypeCode(options.dtype)));
  }

  /** `aten::cumprod` */
  cumprod(dim: number, options: { dtype?: DType } = {}): Tensor {
    return one(native().call(operator(126, NAMES), this.id, dim, dtypeCode(options.dtype)));
  }

  /** `aten::softmax.int` */
  softmax(dim: number, dtype?: DType): Tensor {
    return one(native().call(operator(127, NAMES), this.id, dim, dtypeCode(dtype)));
  }

  /** `aten::log_softmax.int` */
  logSoftmax(dim: number, dtype?: DType): Tensor {
    return one(native().call(operator(128, NAMES), this.id, dim, dtypeCode(dtype)));
  }

  /** `aten::topk` */
  topk(k: number, dim?: number, largest?: boolean, sorted?: boolean): [values: Tensor, indices: Tensor] {
    return many(native().call(operator(129, NAMES), this.id, k, dim, largest, sorted)) as [values: Tensor, indices: Tensor];
  }

  /** `aten::sort` */
  sort(dim?: number, descending?: boolean): [values: Tensor, indices: Tensor] {
    return many(native().call(operator(130, NAMES), this.id, dim, descending)) as [values: Tensor, indices: Tensor];
  }

  /** `aten::sort.stable` */
  stableSort(options: { stable?: boolean | null; dim?: number; descending?: boolean } = {}): [values: Tensor, indices: Tensor] {
    return many(native().call(operator(131, NAMES), this.id, options.stable, options.dim, options.descending)) as [values: Tensor, indices: Tensor];
  }

  /** `aten::argsort` */
  argsort(dim?: number, descending?: boolean): Tensor {
    return one(native().call(operator(132, NAMES), this.id, dim, descending));
  }

  /** `aten::bincount` */
  bincount(weights?: Tensor | null, minlength?: number): Tensor {
    return one(native().call(operator(133, NAMES), this.id, optionalId(weights, 'weights'), minlength));
  }

  /** `aten::histc` */
  histc(bins?: number, min?: Scalar, max?: Scalar): Tensor {
    return one(native().call(operator(134, NAMES), this.id, bins, min, max));
  }

  /** `aten::linalg_vector_norm` */
  vectorNorm(ord?: Scalar, dim?: number | readonly number[] | null, keepdim?: boolean, options: { dtype?: DType } = {}): Tensor {
    return one(native().call(operator(135, NAMES), this.id, ord, dim, keepdim, dtypeCode(options.dtype)));
  }

  /** `aten::count_nonzero.dim_IntList` */
  countNonzero(dim: readonly number[]): Tensor {
    return one(native().call(operator(136, NAMES), this.id, dim));
  }

  /** `aten::unique_dim` */
  uniqueDim(dim: number, sorted?: boolean, returnInverse?: boolean, returnCounts?: boolean): [Tensor, Tensor, Tensor] {
    return many(native().call(operator(137, NAMES), this.id, dim, sorted, returnInverse, returnCounts)) as [Tensor, Tensor, Tensor];
  }

  /** `aten::_unique2` */
  unique(sorted?: boolean, returnInverse?: boolean, returnCounts?: boolean): [Tensor, Tensor, Tensor] {
    return many(native().call(operator(138, NAMES), this.id, sorted, returnInverse, returnCounts)) as [Tensor, Tensor, Tensor];
  }

  /** `aten::view` */
  view(size: readonly number[]): Tensor {
    return one(native().call(operator(140, NAMES), this.id, size));
  }

  /** `aten::view.dtype` */
  viewDtype(dtype: DType): Tensor {
    return one(native().call(operator(141, NAMES), this.id, dtypeCode(dtype)));
  }

  /** `aten::reshape` */
  reshape(shape: readonly number[]): Tensor {
    return one(native().call(operator(142, NAMES), this.id, shape));
  }

  /** `aten::permute` */
  permute(dims: readonly number[]): Tensor {
    return one(native().call(operator(143, NAMES), this.id, dims));
  }

  /** `aten::transpose.int` */
  transpose(dim0: number, dim1: number): Tensor {
    return one(native().call(operator(144, NAMES), this.id, dim0, dim1));
  }

  /** `aten::t` */
  t(): Tensor {
    return one(native().call(operator(145, NAMES), this.id));
  }

  /** `aten::flatten.using_ints` */
  flatten(startDim?: number, endDim?: number): Tensor {
    return one(native().call(operator(146, NAMES), this.id, startDim, endDim));
  }

  /** `aten::unflatten.int` */
  unflatten(dim: number, sizes: readonly number[]): Tensor {
    return one(native().call(operator(147, NAMES), this.id, dim, sizes));
  }

  /** `aten::unsqueeze` */
  unsqueeze(dim: number): Tensor {
    return one(native().call(operator(148, NAMES), this.id, dim));
  }

  /** `aten::squeeze.dim` */
  squeeze(dim: number): Tensor {
    return one(native().call(operator(149, NAMES), this.id, dim));
  }

  /** `aten::expand` */
  expand(size: readonly number[], options: { implicit?: boolean } = {}): Tensor {
    return one(native().call(operator(150, NAMES), this.id, size, options.implicit));
  }

  /** `aten::expand_as` */
  expandAs(other: Tensor): Tensor {
    return one(native().call(operator(151, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::repeat` */
  repeat(repeats: readonly number[]): Tensor {
    return one(native().call(operator(152, NAMES), this.id, repeats));
  }

  /** `aten::repeat_interleave.self_int` */
  repeatInterleave(repeats: number, dim?: number | null, options: { outputSize?: number | null } = {}): Tensor {
    return one(native().call(operator(153, NAMES), this.id, repeats, dim, options.outputSize));
  }

  /** `aten::flip` */
  flip(dims: readonly number[]): Tensor {
    return one(native().call(operator(154, NAMES), this.id, dims));
  }

  /** `aten::rot90` */
  rot90(k?: number, dims?: readonly number[]): Tensor {
    return one(native().call(operator(155, NAMES), this.id, k, dims));
  }

  /** `aten::roll` */
  roll(shifts: number | readonly number[], dims?: number | readonly number[]): Tensor {
    return one(native().call(operator(156, NAMES), this.id, shifts, dims));
  }

  /** `aten::narrow` */
  narrow(dim: number, start: number, length: number): Tensor {
    return one(native().call(operator(157, NAMES), this.id, dim, start, length));
  }

  /** `aten::select.int` */
  select(dim: number, index: number): Tensor {
    return one(native().call(operator(158, NAMES), this.id, dim, index));
  }

  /** `aten::slice.Tensor` */
  slice(dim?: number, start?: number | null, end?: number | null, step?: number): Tensor {
    return one(native().call(operator(159, NAMES), this.id, dim, start, end, step));
  }

  /** `aten::index_select` */
  indexSelect(dim: number, index: Tensor): Tensor {
    return one(native().call(operator(160, NAMES), this.id, dim, idOf(index, 'index')));
  }

  /** `aten::gather` */
  gather(dim: number, index: Tensor, options: { sparseGrad?: boolean } = {}): Tensor {
    return one(native().call(operator(161, NAMES), this.id, dim, idOf(index, 'index'), options.sparseGrad));
  }

  /** `aten::scatter.src` */
  scatter(dim: number, index: Tensor, src: Tensor): Tensor {
    return one(native().call(operator(162, NAMES), this.id, dim, idOf(index, 'index'), idOf(src, 'src')));
  }

  /** `aten::scatter.value` */
  scatterValue(dim: number, index: Tensor, value: Scalar): Tensor {
    return one(native().call(operator(163, NAMES), this.id, dim, idOf(index, 'index'), stored(value, this.id, 'value')));
  }

  /** `aten::scatter_.src` */
  scatter_(dim: number, index: Tensor, src: Tensor): this {
    native().call(operator(164, NAMES), this.id, dim, idOf(index, 'index'), idOf(src, 'src'));
    return this;
  }

  /** `aten::scatter_.value` */
  scatterValue_(dim: number, index: Tensor, value: Scalar): this {
    native().call(operator(165, NAMES), this.id, dim, idOf(index, 'index'), stored(value, this.id, 'value'));
    return this;
  }

  /** `aten::scatter_add` */
  scatterAdd(dim: number, index: Tensor, src: Tensor): Tensor {
    return one(native().call(operator(166, NAMES), this.id, dim, idOf(index, 'index'), idOf(src, 'src')));
  }

  /** `aten::scatter_add_` */
  scatterAdd_(dim: number, index: Tensor, src: Tensor): this {
    native().call(operator(167, NAMES), this.id, dim, idOf(index, 'index'), idOf(src, 'src'));
    return this;
  }

  /** `aten::index.Tensor` */
  index(indices: readonly (Tensor | null)[]): Tensor {
    return one(native().call(operator(168, NAMES), this.id, idsOf(indices, 'indices')));
  }

  /** `aten::index_put_` */
  indexPut_(indices: readonly (Tensor | null)[], values: Tensor, accumulate?: boolean): this {
    native().call(operator(169, NAMES), this.id, idsOf(indices, 'indices'), idOf(values, 'values'), accumulate);
    return this;
  }

  /** `aten::index_copy` */
  indexCopy(dim: number, index: Tensor, source: Tensor): Tensor {
    return one(native().call(operator(170, NAMES), this.id, dim, idOf(index, 'index'), idOf(source, 'source')));
  }

  /** `aten::index_copy_` */
  indexCopy_(dim: number, index: Tensor, source: Tensor): this {
    native().call(operator(171, NAMES), this.id, dim, idOf(index, 'index'), idOf(source, 'source'));
    return this;
  }

  /** `aten::index_add` */
  indexAdd(dim: number, index: Tensor, source: Tensor, options: { alpha?: Scalar } = {}): Tensor {
    return one(native().call(operator(172, NAMES), this.id, dim, idOf(index, 'index'), idOf(source, 'source'), options.alpha));
  }

  /** `aten::index_add_` */
  indexAdd_(dim: number, index: Tensor, source: Tensor, options: { alpha?: Scalar } = {}): this {
    native().call(operator(173, NAMES), this.id, dim, idOf(index, 'index'), idOf(source, 'source'), options.alpha);
    return this;
  }

  /** `aten::index_fill_.int_Scalar` */
  indexFill_(dim: number, index: Tensor, value: Scalar): this {
    native().call(operator(174, NAMES), this.id, dim, idOf(index, 'index'), stored(value, this.id, 'value'));
    return this;
  }

  /** `aten::masked_fill.Scalar` */
  maskedFill(mask: Tensor, value: Scalar): Tensor {
    return one(native().call(operator(175, NAMES), this.id, idOf(mask, 'mask'), stored(value, this.id, 'value')));
  }

  /** `aten::masked_fill_.Scalar` */
  maskedFill_(mask: Tensor, value: Scalar): this {
    native().call(operator(176, NAMES), this.id, idOf(mask, 'mask'), stored(value, this.id, 'value'));
    return this;
  }

  /** `aten::masked_select` */
  maskedSelect(mask: Tensor): Tensor {
    return one(native().call(operator(177, NAMES), this.id, idOf(mask, 'mask')));
  }

  /** `aten::take_along_dim` */
  takeAlongDim(indices: Tensor, dim?: number | null): Tensor {
    return one(native().call(operator(179, NAMES), this.id, idOf(indices, 'indices'), dim));
  }

  /** `aten::diagonal` */
  diagonal(offset?: number, dim1?: number, dim2?: number): Tensor {
    return one(native().call(operator(180, NAMES), this.id, offset, dim1, dim2));
  }

  /** `aten::diag` */
  diag(diagonal?: number): Tensor {
    return one(native().call(operator(181, NAMES), this.id, diagonal));
  }

  /** `aten::unfold` */
  unfold(dimension: number, size: number, step: number): Tensor {
    return one(native().call(operator(182, NAMES), this.id, dimension, size, step));
  }

  /** `aten::tril` */
  tril(diagonal?: number): Tensor {
    return one(native().call(operator(183, NAMES), this.id, diagonal));
  }

  /** `aten::triu` */
  triu(diagonal?: number): Tensor {
    return one(native().call(operator(184, NAMES), this.id, diagonal));
  }

  /** `aten::chunk` */
  chunk(chunks: number, dim?: number): Tensor[] {
    return many(native().call(operator(185, NAMES), this.id, chunks, dim));
  }

  /** `aten::split.Tensor` */
  split(splitSize: number, dim?: number): Tensor[] {
    return many(native().call(operator(186, NAMES), this.id, splitSize, dim));
  }

  /** `aten::split_with_sizes` */
  splitWithSizes(splitSizes: readonly number[], dim?: number): Tensor[] {
    return many(native().call(operator(187, NAMES), this.id, splitSizes, dim));
  }

  /** `aten::unbind.int` */
  unbind(dim?: number): Tensor[] {
    return many(native().call(operator(188, NAMES), this.id, dim));
  }

  /** `aten::movedim.int` */
  movedim(source: number, destination: number): Tensor {
    return one(native().call(operator(189, NAMES), this.id, source, destination));
  }

  /** `aten::movedim.intlist` */
  movedims(source: readonly number[], destination: readonly number[]): Tensor {
    return one(native().call(operator(190, NAMES), this.id, source, destination));
  }

  /** `aten::contiguous` */
  contiguous(options: { memoryFormat?: MemoryFormat } = {}): Tensor {
    return one(native().call(operator(191, NAMES), this.id, memoryFormatCode(options.memoryFormat)));
  }

  /** `aten::clone` */
  clone(options: { memoryFormat?: MemoryFormat } = {}): Tensor {
    return one(native().call(operator(192, NAMES), this.id, memoryFormatCode(options.memoryFormat)));
  }

  /** `aten::detach` */
  detach(): Tensor {
    return one(native().call(operator(193, NAMES), this.id));
  }

  /** `aten::detach_` */
  detach_(): this {
    native().call(operator(194, NAMES), this.id);
    return this;
  }

  /** `aten::copy_` */
  copy_(src: Tensor, nonBlocking?: boolean): this {
    native().call(operator(195, NAMES), this.id, idOf(src, 'src'), nonBlocking);
    return this;
  }

  /** `aten::zero_` */
  zero_(): this {
    native().call(operator(196, NAMES), this.id);
    return this;
  }

  /** `aten::fill_.Scalar` */
  fill_(value: Scalar): this {
    native().call(operator(197, NAMES), this.id, stored(value, this.id, 'value'));
    return this;
  }

  /** `aten::as_strided` */
  asStrided(size: readonly number[], stride: readonly number[], storageOffset?: number | null): Tensor {
    return one(native().call(operator(198, NAMES), this.id, size, stride, storageOffset));
  }

  /** `aten::nonzero` */
  nonzero(): Tensor {
    return one(native().call(operator(199, NAMES), this.id));
  }

  /** `aten::one_hot` */
  oneHot(numClasses?: number): Tensor {
    return one(native().call(operator(200, NAMES), this.id, numClasses));
  }

  /** `aten::nan_to_num_` */
  nanToNum_(nan?: number | null, posinf?: number | null, neginf?: number | null): this {
    native().call(operator(201, NAMES), this.id, nan, posinf, neginf);
    return this;
  }

  /** `aten::view_as` */
  viewAs(other: Tensor): Tensor {
    return one(native().call(operator(202, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::multinomial` */
  multinomial(numSamples: number, replacement?: boolean, options: { generator?: GeneratorHandle } = {}): Tensor {
    return one(native().call(operator(221, NAMES), this.id, numSamples, replacement, options.generator?.handle));
  }

  /** `aten::uniform_` */
  uniform_(from?: number, to?: number, options: { generator?: GeneratorHandle } = {}): this {
    native().call(operator(222, NAMES), this.id, from, to, options.generator?.handle);
    return this;
  }

  /** `aten::normal_` */
  normal_(mean?: number, std?: number, options: { generator?: GeneratorHandle } = {}): this {
    native().call(operator(223, NAMES), this.id, mean, std, options.generator?.handle);
    return this;
  }

  /** `aten::bernoulli_.float` */
  bernoulli_(p?: number, options: { generator?: GeneratorHandle } = {}): this {
    native().call(operator(224, NAMES), this.id, p, options.generator?.handle);
    return this;
  }

  /** `aten::bernoulli` */
  bernoulli(options: { generator?: GeneratorHandle } = {}): Tensor {
    return one(native().call(operator(225, NAMES), this.id, options.generator?.handle));
  }

  /** `aten::exponential_` */
  exponential_(lambd?: number, options: { generator?: GeneratorHandle } = {}): this {
    native().call(operator(226, NAMES), this.id, lambd, options.generator?.handle);
    return this;
  }

  /** `aten::random_.from` */
  random_(from: number, to?: number | null, options: { generator?: GeneratorHandle } = {}): this {
    native().call(operator(227, NAMES), this.id, from, to, options.generator?.handle);
    return this;
  }

  /** `aten::mm` */
  mm(mat2: Tensor): Tensor {
    return one(native().call(operator(228, NAMES), this.id, idOf(mat2, 'mat2')));
  }

  /** `aten::bmm` */
  bmm(mat2: Tensor): Tensor {
    return one(native().call(operator(229, NAMES), this.id, idOf(mat2, 'mat2')));
  }

  /** `aten::matmul` */
  matmul(other: Tensor): Tensor {
    return one(native().call(operator(230, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::addmm` */
  addmm(mat1: Tensor, mat2: Tensor, options: { beta?: Scalar; alpha?: Scalar } = {}): Tensor {
    return one(native().call(operator(231, NAMES), this.id, idOf(mat1, 'mat1'), idOf(mat2, 'mat2'), options.beta, options.alpha));
  }

  /** `aten::baddbmm` */
  baddbmm(batch1: Tensor, batch2: Tensor, options: { beta?: Scalar; alpha?: Scalar } = {}): Tensor {
    return one(native().call(operator(232, NAMES), this.id, idOf(batch1, 'batch1'), idOf(batch2, 'batch2'), options.beta, options.alpha));
  }

  /** `aten::dot` */
  dot(tensor: Tensor): Tensor {
    return one(native().call(operator(233, NAMES), this.id, idOf(tensor, 'tensor')));
  }

  /** `aten::mv` */
  mv(vec: Tensor): Tensor {
    return one(native().call(operator(234, NAMES), this.id, idOf(vec, 'vec')));
  }

  /** `aten::outer` */
  outer(vec2: Tensor): Tensor {
    return one(native().call(operator(235, NAMES), this.id, idOf(vec2, 'vec2')));
  }

  /** `aten::linalg_eigh` */
  linalgEigh(UPLO?: string): [eigenvalues: Tensor, eigenvectors: Tensor] {
    return many(native().call(operator(239, NAMES), this.id, UPLO)) as [eigenvalues: Tensor, eigenvectors: Tensor];
  }

  /** `aten::linalg_cholesky` */
  linalgCholesky(options: { upper?: boolean } = {}): Tensor {
    return one(native().call(operator(241, NAMES), this.id, options.upper));
  }

  /** `aten::linalg_solve_triangular` */
  linalgSolveTriangular(B: Tensor, options: { upper: boolean; left?: boolean; unitriangular?: boolean }): Tensor {
    return one(native().call(operator(245, NAMES), this.id, idOf(B, 'B'), options.upper, options.left, options.unitriangular));
  }

  /** `aten::prelu` */
  prelu(weight: Tensor): Tensor {
    return one(native().call(operator(270, NAMES), this.id, idOf(weight, 'weight')));
  }

  /** `aten::_to_copy` */
  toCopy(options: { dtype?: DType; device?: Device; nonBlocking?: boolean; memoryFormat?: MemoryFormat } = {}): Tensor {
    return one(native().call(operator(297, NAMES), this.id, dtypeCode(options.dtype), undefined, options.device, undefined, options.nonBlocking, memoryFormatCode(options.memoryFormat)));
  }

  /** `aten::equal` */
  equal(other: Tensor): boolean {
    return native().call(operator(316, NAMES), this.id, idOf(other, 'other')) as boolean;
  }

  /** `aten::erfinv_` */
  erfinv_(): this {
    native().call(operator(317, NAMES), this.id);
    return this;
  }

  /** `aten::logaddexp` */
  logaddexp(other: Tensor): Tensor {
    return one(native().call(operator(318, NAMES), this.id, idOf(other, 'other')));
  }

  /** `aten::fft_rfft2` */
  fftRfft2(s?: number | readonly number[] | null, dim?: number | readonly number[], norm?: string | null): Tensor {
    return one(native().call(operator(319, NAMES), this.id, s, dim, norm));
  }

  /** `aten::fft_irfft2` */
  fftIrfft2(s?: number | readonly number[] | null, dim?: number | readonly number[], norm?: string | null): Tensor {
    return one(native().call(operator(320, NAMES), this.id, s, dim, norm));
  }

  /** `aten::view_as_real` */
  viewAsReal(): Tensor {
    return one(native().call(operator(321, NAMES), this.id));
  }

  /** `aten::view_as_complex` */
  viewAsComplex(): Tensor {
    return one(native().call(operator(322, NAMES), this.id));
  }

  /** `aten::conj_physical` */
  conjPhysical(): Tensor {
    return one(native().call(operator(323, NAMES), this.id));
  }

}


/** `aten::searchsorted.Tensor` */
export function searchsorted(sortedSequence: Tensor, self: Tensor, options: { outInt32?: boolean; right?: boolean; side?: string | null; sorter?: Tensor | null } = {}): Tensor {
  return one(native().call(operator(139, NAMES), idOf(sortedSequence, 'sortedSequence'), idOf(self, 'self'), options.outInt32, options.right, options.side, optionalId(options.sorter, 'sorter')));
}

/** `aten::where.self` */
export function where(condition: Tensor, self: Tensor, other: Tensor): Tensor {
  return one(native().call(operator(178, NAMES), idOf(condition, 'condition'), idOf(self, 'self'), idOf(other, 'other')));
}

/** `aten::cat` */
export function cat(tensors: readonly Tensor[], dim?: number): Tensor {
  return one(native().call(operator(203, NAMES), idsOf(tensors, 'tensors'), dim));
}

/** `aten::stack` */
export function stack(tensors: readonly Tensor[], dim?: number): Tensor {
  return one(native().call(operator(204, NAMES), idsOf(tensors, 'tensors'), dim));
}

/** `aten::meshgrid.indexing` */
export function meshgrid(tensors: readonly Tensor[], options: { indexing: string }): Tensor[] {
  return many(native().call(operator(205, NAMES), idsOf(tensors, 'tensors'), options.indexing));
}

/** `aten::zeros` */
export function zeros(size: readonly number[], options: { dtype?: DType; device?: Device } = {}): Tensor {
  return one(native().call(operator(206, NAMES), size, dtypeCode(options.dtype), undefined, options.device));
}

/** `aten::ones` */
export function ones(size: readonly number[], options: { dtype?: DType; device?: Device } = {}): Tensor {
  return one(native().call(operator(207, NAMES), size, dtypeCode(options.dtype), undefined, options.device));
}

/** `aten::full` */
export function full(size: readonly number[], fillValue: Scalar, options: { dtype?: DType; device?: Device } = {}): Tensor {
  return one(native().call(operator(208, NAMES), size, stored(fillValue, options.dtype, 'fillValue'), dtypeCode(options.dtype), undefined, options.device));
}

/** `aten::empty.memory_format` */
export function empty(size: readonly number[], options: { dtype?: DType; device?: Device; memoryFormat?: MemoryFormat } = {}): Tensor {
  return one(native().call(operator(209, NAMES), size, dtypeCode(options.dtype), undefined, options.device, undefined, memoryFormatCode(options.memoryFormat)));
}

/** `aten::eye` */
export function eye(n: number, options: { dtype?: DType; device?: Device } = {}): Tensor {
  return one(native().call(operator(210, NAMES), n, dtypeCode(options.dtype), undefined, options.device));
}

/** `aten::linspace` */
export function linspace(start: Scalar, end: Scalar, steps: number, options: { dtype?: DType; device?: Device } = {}): Tensor {
  return one(native().call(operator(211, NAMES), start, end, steps, dtypeCode(options.dtype), undefined, options.device));
}

/** `aten::arange.start_step` */
export function arange(start: Scalar, end: Scalar, step?: Scalar, options: { dtype?: DType; device?: Device } = {}): Tensor {
  storedRange(start, end, step, options.dtype);
  return one(native().call(operator(212, NAMES), start, end, step, dtypeCode(options.dtype), undefined, options.device));
}

/** `aten::zeros_like` */
export function zerosLike(self: Tensor, options: { dtype?: DType; device?: Device; memoryFormat?: MemoryFormat } = {}): Tensor {
  return one(native().call(operator(213, NAMES), idOf(self, 'self'), dtypeCode(options.dtype), undefined, options.device, undefined, memoryFormatCode(options.memoryFormat)));
}

/** `aten::ones_like` */
export function onesLike(self: Tensor, options: { dtype?: DType; device?: Device; memoryFormat?: MemoryFormat } = {}): Tensor {
  return one(native().call(operator(214, NAMES), idOf(self, 'self'), dtypeCode(options.dtype), undefined, options.device, undefined, memoryFormatCode(options.memoryFormat)));
}

/** `aten::empty_like` */
export function emptyLike(self: Tensor, options: { dtype?: DType; device?: Device; memoryFormat?: MemoryFormat } = {}): Tensor {
  return one(native().call(operator(215, NAMES), idOf(self, 'self'), dtypeCode(options.dtype), undefined, options.device, undefined, memoryFormatCode(options.memoryFormat)));
}

/** `aten::full_like` */
export function fullLike(self: Tensor, fillValue: Scalar, options: { dtype?: DType; device?: Device; memoryFormat?: MemoryFormat } = {}): Tensor {
  return one(native().call(operator(216, NAMES), idOf(self, 'self'), stored(fillValue, options.dtype ?? self.id, 'fillValue'), dtypeCode(options.dtype), undefined, options.device, undefined, memoryFormatCode(options.memoryFormat)));
}

/** `aten::rand.generator` */
export function rand(size: readonly number[], options: { generator?: GeneratorHandle; dtype?: DType; device?: Device } = {}): Tensor {
  return one(native().call(operator(217, NAMES), size, options.generator?.handle, dtypeCode(options.dtype), undefined, options.device));
}

/** `aten::randn.generator` */
export function randn(size: readonly number[], options: { generator?: GeneratorHandle; dtype?: DType; device?: Device } = {}): Tensor {
  return one(native().call(operator(218, NAMES), size, options.generator?.handle, dtypeCode(options.dtype), undefined, options.device));
}

/** `aten::randint.low_generator` */
export function randint(low: number, high: number, size: readonly number[], options: { generator?: GeneratorHandle; dtype?: DType; device?: Device } = {}): Tensor {
  return one(native().call(operator(219, NAMES), low, high, size, options.generator?.handle, dtypeCode(options.dtype), undefined, options.device));
}

/** `aten::randperm.generator` */
export function randperm(n: number, options: { generator?: GeneratorHandle; dtype?: DType; device?: Device } = {}): Tensor {
  return one(native().call(operator(220, NAMES), n, options.generator?.handle, dtypeCode(options.dtype), undefined, options.device));
}

/** `aten::einsum` */
export function einsum(equation: string, tensors: readonly Tensor[], options: { path?: readonly number[] | null } = {}): Tensor {
  return one(native().call(operator(236, NAMES), equation, idsOf(tensors, 'tensors'), options.path));
}

/** `aten::cdist` */
export function cdist(x1: Tensor, x2: Tensor, p?: number, computeMode?: number | null): Tensor {
  return one(native().call(operator(237, NAMES), idOf(x1, 'x1'), idOf(x2, 'x2'), p, computeMode));
}

/** `aten::linalg_qr` */
export function linalgQr(A: Tensor, mode?: string): [Q: Tensor, R: Tensor] {
  return many(native().call(operator(238, NAMES), idOf(A, 'A'), mode)) as [Q: Tensor, R: Tensor];
}

/** `aten::linalg_svd` */
export function linalgSvd(A: Tensor, fullMatrices?: boolean, options: { driver?: string | null } = {}): [U: Tensor, S: Tensor, Vh: Tensor] {
  return many(native().call(operator(240, NAMES), idOf(A, 'A'), fullMatrices, options.driver)) as [U: Tensor, S: Tensor, Vh: Tensor];
}

/** `aten::linalg_solve` */
export function linalgSolve(A: Tensor, B: Tensor, options: { left?: boolean } = {}): Tensor {
  return one(native().call(operator(242, NAMES), idOf(A, 'A'), idOf(B, 'B'), options.left));
}

/** `aten::linalg_inv` */
export function linalgInv(A: Tensor): Tensor {
  return one(native().call(operator(243, NAMES), idOf(A, 'A')));
}

/** `aten::linalg_slogdet` */
export function linalgSlogdet(A: Tensor): [sign: Tensor, logabsdet: Tensor] {
  return many(native().call(operator(244, NAMES), idOf(A, 'A'))) as [sign: Tensor, logabsdet: Tensor];
}

/** `aten::linear` */
export function linear(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return one(native().call(operator(246, NAMES), idOf(input, 'input'), idOf(weight, 'weight'), optionalId(bias, 'bias')));
}

/** `aten::conv1d` */
export function conv1d(input: Tensor, weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], groups?: number): Tensor {
  return one(native().call(operator(247, NAMES), idOf(input, 'input'), idOf(weight, 'weight'), optionalId(bias, 'bias'), stride, padding, dilation, groups));
}

/** `aten::conv2d` */
export function conv2d(input: Tensor, weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], groups?: number): Tensor {
  return one(native().call(operator(248, NAMES), idOf(input, 'input'), idOf(weight, 'weight'), optionalId(bias, 'bias'), stride, padding, dilation, groups));
}

/** `aten::conv3d` */
export function conv3d(input: Tensor, weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], groups?: number): Tensor {
  return one(native().call(operator(249, NAMES), idOf(input, 'input'), idOf(weight, 'weight'), optionalId(bias, 'bias'), stride, padding, dilation, groups));
}

/** `aten::conv_transpose1d` */
export function convTranspose1d(input: Tensor, weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], outputPadding?: number | readonly number[], groups?: number, dilation?: number | readonly number[]): Tensor {
  return one(native().call(operator(250, NAMES), idOf(input, 'input'), idOf(weight, 'weight'), optionalId(bias, 'bias'), stride, padding, outputPadding, groups, dilation));
}

/** `aten::conv_transpose2d.input` */
export function convTranspose2d(input: Tensor, weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], outputPadding?: number | readonly number[], groups?: number, dilation?: number | readonly number[]): Tensor {
  return one(native().call(operator(251, NAMES), idOf(input, 'input'), idOf(weight, 'weight'), optionalId(bias, 'bias'), stride, padding, outputPadding, groups, dilation));
}

/** `aten::conv_transpose3d.input` */
export function convTranspose3d(input: Tensor, weight: Tensor, bias?: Tensor | null, stride?: number | readonly number[], padding?: number | readonly number[], outputPadding?: number | readonly number[], groups?: number, dilation?: number | readonly number[]): Tensor {
  return one(native().call(operator(252, NAMES), idOf(input, 'input'), idOf(weight, 'weight'), optionalId(bias, 'bias'), stride, padding, outputPadding, groups, dilation));
}

/** `aten::max_pool1d` */
export function maxPool1d(self: Tensor, kernelSize: number | readonly number[], stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], ceilMode?: boolean): Tensor {
  return one(native().call(operator(253, NAMES), idOf(self, 'self'), kernelSize, stride, padding, dilation, ceilMode));
}

/** `aten::max_pool2d` */
export function maxPool2d(self: Tensor, kernelSize: number | readonly number[], stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], ceilMode?: boolean): Tensor {
  return one(native().call(operator(254, NAMES), idOf(self, 'self'), kernelSize, stride, padding, dilation, ceilMode));
}

/** `aten::max_pool3d` */
export function maxPool3d(self: Tensor, kernelSize: number | readonly number[], stride?: number | readonly number[], padding?: number | readonly number[], dilation?: number | readonly number[], ceilMode?: boolean): Tensor {
  return one(native().call(operator(255, NAMES), idOf(self, 'self'), kernelSize, stride, padding, dilation, ceilMode));
}

/** `aten::avg_pool1d` */
export function avgPool1d(self: Tensor, kernelSize: number | readonly number[], stride?: number | readonly number[], padding?: number | readonly number[], ceilMode?: boolean, countIncludePad?: boolean): Tensor {
  return one(native().call(operator(256, NAMES), idOf(self, 'self'), kernelSize, stride, padding, ceilMode, countIncludePad));
}

/** `aten::avg_pool2d` */
export function avgPool2d(self: Tensor, kernelSize: number | readonly number[], stride?: number | readonly number[], padding?: number | readonly number[], ceilMode?: boolean, countIncludePad?: boolean, divisorOverride?: number | null): Tensor {
  return one(native().call(operator(257, NAMES), idOf(self, 'self'), kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride));
}

/** `aten::avg_pool3d` */
export function avgPool3d(self: Tensor, kernelSize: number | readonly number[], stride?: number | readonly number[], padding?: number | readonly number[], ceilMode?: boolean, countIncludePad?: boolean, divisorOverride?: number | null): Tensor {
  return one(native().call(operator(258, NAMES), idOf(self, 'self'), kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride));
}

/** `aten::adaptive_avg_pool1d` */
export function adaptiveAvgPool1d(self: Tensor, outputSize: number | readonly number[]): Tensor {
  return one(native().call(operator(259, NAMES), idOf(self, 'self'), outputSize));
}

/** `aten::adaptive_avg_pool2d` */
export function adaptiveAvgPool2d(self: Tensor, outputSize: number | readonly number[]): Tensor {
  return one(native().call(operator(260, NAMES), idOf(self, 'self'), outputSize));
}

/** `aten::adaptive_avg_pool3d` */
export function adaptiveAvgPool3d(self: Tensor, outputSize: number | readonly number[]): Tensor {
  return one(native().call(operator(261, NAMES), idOf(self, 'self'), outputSize));
}

/** `aten::adaptive_max_pool2d` */
export function adaptiveMaxPool2d(self: Tensor, outputSize: number | readonly number[]): [Tensor, Tensor] {
  return many(native().call(operator(262, NAMES), idOf(self, 'self'), outputSize)) as [Tensor, Tensor];
}

/** `aten::batch_norm` */
export function batchNorm(input: Tensor, weight: Tensor | null, bias: Tensor | null, runningMean: Tensor | null, runningVar: Tensor | null, training: boolean, momentum: number, eps: number, cudnnEnabled: boolean): Tensor {
  return one(native().call(operator(263, NAMES), idOf(input, 'input'), optionalId(weight, 'weight'), optionalId(bias, 'bias'), optionalId(runningMean, 'runningMean'), optionalId(runningVar, 'runningVar'), training, momentum, eps, cudnnEnabled));
}

/** `aten::layer_norm` */
export function layerNorm(input: Tensor, normalizedShape: readonly number[], weight?: Tensor | null, bias?: Tensor | null, eps?: number, cudnnEnable?: boolean): Tensor {
  return one(native().call(operator(264, NAMES), idOf(input, 'input'), normalizedShape, optionalId(weight, 'weight'), optionalId(bias, 'bias'), eps, cudnnEnable));
}

/** `aten::group_norm` */
export function groupNorm(input: Tensor, numGroups: number, weight?: Tensor | null, bias?: Tensor | null, eps?: number, cudnnEnabled?: boolean): Tensor {
  return one(native().call(operator(265, NAMES), idOf(input, 'input'), numGroups, optionalId(weight, 'weight'), optionalId(bias, 'bias'), eps, cudnnEnabled));
}

/** `aten::instance_norm` */
export function instanceNorm(input: Tensor, weight: Tensor | null, bias: Tensor | null, runningMean: Tensor | null, runningVar: Tensor | null, useInputStats: boolean, momentum: number, eps: number, cudnnEnabled: boolean): Tensor {
  return one(native().call(operator(266, NAMES), idOf(input, 'input'), optionalId(weight, 'weight'), optionalId(bias, 'bias'), optionalId(runningMean, 'runningMean'), optionalId(runningVar, 'runningVar'), useInputStats, momentum, eps, cudnnEnabled));
}

/** `aten::dropout` */
export function dropout(input: Tensor, p: number, train: boolean): Tensor {
  return one(native().call(operator(267, NAMES), idOf(input, 'input'), p, train));
}

/** `aten::feature_dropout` */
export function featureDropout(input: Tensor, p: number, train: boolean): Tensor {
  return one(native().call(operator(268, NAMES), idOf(input, 'input'), p, train));
}

/** `aten::embedding` */
export function embedding(weight: Tensor, indices: Tensor, paddingIdx?: number, scaleGradByFreq?: boolean, sparse?: boolean): Tensor {
  return one(native().call(operator(269, NAMES), idOf(weight, 'weight'), idOf(indices, 'indices'), paddingIdx, scaleGradByFreq, sparse));
}

/** `aten::scaled_dot_product_attention` */
export function scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor, attnMask?: Tensor | null, dropoutP?: number, isCausal?: boolean, options: { scale?: number | null; enableGqa?: boolean } = {}): Tensor {
  return one(native().call(operator(271, NAMES), idOf(query, 'query'), idOf(key, 'key'), idOf(value, 'value'), optionalId(attnMask, 'attnMask'), dropoutP, isCausal, options.scale, options.enableGqa));
}

/** `aten::gru.input` */
export function gru(input: Tensor, hx: Tensor, params: readonly Tensor[], hasBiases: boolean, numLayers: number, dropout: number, train: boolean, bidirectional: boolean, batchFirst: boolean): [Tensor, Tensor] {
  return many(native().call(operator(272, NAMES), idOf(input, 'input'), idOf(hx, 'hx'), idsOf(params, 'params'), hasBiases, numLayers, dropout, train, bidirectional, batchFirst)) as [Tensor, Tensor];
}

/** `aten::lstm.input` */
export function lstm(input: Tensor, hx: readonly Tensor[], params: readonly Tensor[], hasBiases: boolean, numLayers: number, dropout: number, train: boolean, bidirectional: boolean, batchFirst: boolean): [Tensor, Tensor, Tensor] {
  return many(native().call(operator(273, NAMES), idOf(input, 'input'), idsOf(hx, 'hx'), idsOf(params, 'params'), hasBiases, numLayers, dropout, train, bidirectional, batchFirst)) as [Tensor, Tensor, Tensor];
}

/** `aten::gru_cell` */
export function gruCell(input: Tensor, hx: Tensor, wIh: Tensor, wHh: Tensor, bIh?: Tensor | null, bHh?: Tensor | null): Tensor {
  return one(native().call(operator(274, NAMES), idOf(input, 'input'), idOf(hx, 'hx'), idOf(wIh, 'wIh'), idOf(wHh, 'wHh'), optionalId(bIh, 'bIh'), optionalId(bHh, 'bHh')));
}

/** `aten::lstm_cell` */
export function lstmCell(input: Tensor, hx: readonly Tensor[], wIh: Tensor, wHh: Tensor, bIh?: Tensor | null, bHh?: Tensor | null): [Tensor, Tensor] {
  return many(native().call(operator(275, NAMES), idOf(input, 'input'), idsOf(hx, 'hx'), idOf(wIh, 'wIh'), idOf(wHh, 'wHh'), optionalId(bIh, 'bIh'), optionalId(bHh, 'bHh'))) as [Tensor, Tensor];
}

/** `aten::_cudnn_rnn_flatten_weight` */
export function cudnnRnnFlattenWeight(weightArr: readonly Tensor[], weightStride0: number, inputSize: number, mode: number, hiddenSize: number, projSize: number, numLayers: number, batchFirst: boolean, bidirectional: boolean): Tensor {
  return one(native().call(operator(276, NAMES), idsOf(weightArr, 'weightArr'), weightStride0, inputSize, mode, hiddenSize, projSize, numLayers, batchFirst, bidirectional));
}

/** `aten::cross_entropy_loss` */
export function crossEntropy(self: Tensor, target: Tensor, weight?: Tensor | null, reduction?: number, ignoreIndex?: number, labelSmoothing?: number): Tensor {
  return one(native().call(operator(277, NAMES), idOf(self, 'self'), idOf(target, 'target'), optionalId(weight, 'weight'), reduction, ignoreIndex, labelSmoothing));
}

/** `aten::nll_loss_nd` */
export function nllLoss(self: Tensor, target: Tensor, weight?: Tensor | null, reduction?: number, ignoreIndex?: number): Tensor {
  return one(native().call(operator(278, NAMES), idOf(self, 'self'), idOf(target, 'target'), optionalId(weight, 'weight'), reduction, ignoreIndex));
}

/** `aten::binary_cross_entropy_with_logits` */
export function binaryCrossEntropyWithLogits(self: Tensor, target: Tensor, weight?: Tensor | null, posWeight?: Tensor | null, reduction?: number): Tensor {
  return one(native().call(operator(279, NAMES), idOf(self, 'self'), idOf(target, 'target'), optionalId(weight, 'weight'), optionalId(posWeight, 'posWeight'), reduction));
}

/** `aten::mse_loss` */
export function mseLoss(self: Tensor, target: Tensor, reduction?: number): Tensor {
  return one(native().call(operator(280, NAMES), idOf(self, 'self'), idOf(target, 'target'), reduction));
}

/** `aten::l1_loss` */
export function l1Loss(self: Tensor, target: Tensor, reduction?: number): Tensor {
  return one(native().call(operator(281, NAMES), idOf(self, 'self'), idOf(target, 'target'), reduction));
}

/** `aten::smooth_l1_loss` */
export function smoothL1Loss(self: Tensor, target: Tensor, reduction?: number, beta?: number): Tensor {
  return one(native().call(operator(282, NAMES), idOf(self, 'self'), idOf(target, 'target'), reduction, beta));
}

/** `aten::kl_div` */
export function klDiv(self: Tensor, target: Tensor, reduction?: number, options: { logTarget?: boolean } = {}): Tensor {
  return one(native().call(operator(283, NAMES), idOf(self, 'self'), idOf(target, 'target'), reduction, options.logTarget));
}

/** `aten::cosine_similarity` */
export function cosineSimilarity(x1: Tensor, x2: Tensor, dim?: number, eps?: number): Tensor {
  return one(native().call(operator(284, NAMES), idOf(x1, 'x1'), idOf(x2, 'x2'), dim, eps));
}

/** `aten::pixel_shuffle` */
export function pixelShuffle(self: Tensor, upscaleFactor: number): Tensor {
  return one(native().call(operator(285, NAMES), idOf(self, 'self'), upscaleFactor));
}

/** `aten::pixel_unshuffle` */
export function pixelUnshuffle(self: Tensor, downscaleFactor: number): Tensor {
  return one(native().call(operator(286, NAMES), idOf(self, 'self'), downscaleFactor));
}

/** `aten::grid_sampler` */
export function gridSampler(input: Tensor, grid: Tensor, interpolationMode: number, paddingMode: number, alignCorners: boolean): Tensor {
  return one(native().call(operator(287, NAMES), idOf(input, 'input'), idOf(grid, 'grid'), interpolationMode, paddingMode, alignCorners));
}

/** `aten::affine_grid_generator` */
export function affineGridGenerator(theta: Tensor, size: readonly number[], alignCorners: boolean): Tensor {
  return one(native().call(operator(288, NAMES), idOf(theta, 'theta'), size, alignCorners));
}

/** `aten::pad` */
export function pad(self: Tensor, pad: readonly number[], mode?: string, value?: number | null): Tensor {
  return one(native().call(operator(289, NAMES), idOf(self, 'self'), pad, mode, value));
}

/** `aten::im2col` */
export function im2col(self: Tensor, kernelSize: number | readonly number[], dilation: number | readonly number[], padding: number | readonly number[], stride: number | readonly number[]): Tensor {
  return one(native().call(operator(290, NAMES), idOf(self, 'self'), kernelSize, dilation, padding, stride));
}

/** `aten::col2im` */
export function col2im(self: Tensor, outputSize: number | readonly number[], kernelSize: number | readonly number[], dilation: number | readonly number[], padding: number | readonly number[], stride: number | readonly number[]): Tensor {
  return one(native().call(operator(291, NAMES), idOf(self, 'self'), outputSize, kernelSize, dilation, padding, stride));
}

/** `aten::upsample_nearest2d.vec` */
export function upsampleNearest2d(input: Tensor, outputSize?: readonly number[] | null, scaleFactors?: readonly number[] | null): Tensor {
  return one(native().call(operator(292, NAMES), idOf(input, 'input'), outputSize, scaleFactors));
}

/** `aten::upsample_bilinear2d.vec` */
export function upsampleBilinear2d(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors?: readonly number[] | null): Tensor {
  return one(native().call(operator(293, NAMES), idOf(input, 'input'), outputSize, alignCorners, scaleFactors));
}

/** `aten::upsample_bicubic2d.vec` */
export function upsampleBicubic2d(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors?: readonly number[] | null): Tensor {
  return one(native().call(operator(294, NAMES), idOf(input, 'input'), outputSize, alignCorners, scaleFactors));
}

/** `aten::_upsample_bilinear2d_aa.vec` */
export function upsampleBilinear2dAa(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors?: readonly number[] | null): Tensor {
  return one(native().call(operator(295, NAMES), idOf(input, 'input'), outputSize, alignCorners, scaleFactors));
}

/** `aten::_upsample_bicubic2d_aa.vec` */
export function upsampleBicubic2dAa(input: Tensor, outputSize: readonly number[] | null, alignCorners: boolean, scaleFactors?: readonly number[] | null): Tensor {
  return one(native().call(operator(296, NAMES), idOf(input, 'input'), outputSize, alignCorners, scaleFactors));
}

/** `aten::from_file` */
export function fromFileBytes(filename: string, shared?: boolean | null, size?: number | null, options: { dtype?: DType; device?: Device } = {}): Tensor {
  return one(native().call(operator(298, NAMES), filename, shared, size, dtypeCode(options.dtype), undefined, options.device));
}

/** `aten::_foreach_add_.List` */
export function foreachAdd_(self: readonly Tensor[], other: readonly Tensor[], options: { alpha?: Scalar } = {}): void {
  native().call(operator(299, NAMES), idsOf(self, 'self'), idsOf(other, 'other'), options.alpha);
}

/** `aten::_foreach_add_.Scalar` */
export function foreachAddScalar_(self: readonly Tensor[], scalar: Scalar): void {
  native().call(operator(300, NAMES), idsOf(self, 'self'), scalar);
}

/** `aten::_foreach_mul_.Scalar` */
export function foreachMulScalar_(self: readonly Tensor[], scalar: Scalar): void {
  native().call(operator(301, NAMES), idsOf(self, 'self'), scalar);
}

/** `aten::_foreach_mul_.Tensor` */
export function foreachMulTensor_(self: readonly Tensor[], other: Tensor): void {
  native().call(operator(302, NAMES), idsOf(self, 'self'), idOf(other, 'other'));
}

/** `aten::_foreach_add.List` */
export function foreachAdd(self: readonly Tensor[], other: readonly Tensor[], options: { alpha?: Scalar } = {}): Tensor[] {
  return many(native().call(operator(303, NAMES), idsOf(self, 'self'), idsOf(other, 'other'), options.alpha));
}

/** `aten::_foreach_sub_.List` */
export function foreachSub_(self: readonly Tensor[], other: readonly Tensor[], options: { alpha?: Scalar } = {}): void {
  native().call(operator(304, NAMES), idsOf(self, 'self'), idsOf(other, 'other'), options.alpha);
}

/** `aten::_foreach_sqrt` */
export function foreachSqrt(self: readonly Tensor[]): Tensor[] {
  return many(native().call(operator(305, NAMES), idsOf(self, 'self')));
}

/** `aten::_foreach_mul_.List` */
export function foreachMul_(self: readonly Tensor[], other: readonly Tensor[]): void {
  native().call(operator(306, NAMES), idsOf(self, 'self'), idsOf(other, 'other'));
}

/** `aten::_foreach_div.List` */
export function foreachDiv(self: readonly Tensor[], other: readonly Tensor[]): Tensor[] {
  return many(native().call(operator(307, NAMES), idsOf(self, 'self'), idsOf(other, 'other')));
}

/** `aten::_foreach_norm.Scalar` */
export function foreachNorm(self: readonly Tensor[], ord?: Scalar, dtype?: DType): Tensor[] {
  return many(native().call(operator(308, NAMES), idsOf(self, 'self'), ord, dtypeCode(dtype)));
}

/** `aten::_foreach_lerp_.Scalar` */
export function foreachLerp_(self: readonly Tensor[], tensors1: readonly Tensor[], weight: Scalar): void {
  native().call(operator(309, NAMES), idsOf(self, 'self'), idsOf(tensors1, 'tensors1'), weight);
}

/** `aten::_foreach_addcmul_.Scalar` */
export function foreachAddcmul_(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], value?: Scalar): void {
  native().call(operator(310, NAMES), idsOf(self, 'self'), idsOf(tensor1, 'tensor1'), idsOf(tensor2, 'tensor2'), value);
}

/** `aten::_foreach_addcdiv_.Scalar` */
export function foreachAddcdiv_(self: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], value?: Scalar): void {
  native().call(operator(311, NAMES), idsOf(self, 'self'), idsOf(tensor1, 'tensor1'), idsOf(tensor2, 'tensor2'), value);
}

/** `aten::_fused_sgd_` */
export function fusedSgd_(self: readonly Tensor[], grads: readonly Tensor[], momentumBufferList: readonly Tensor[], options: { weightDecay: number; momentum: number; lr: number; dampening: number; nesterov: boolean; maximize: boolean; isFirstStep: boolean; gradScale?: Tensor | null; foundInf?: Tensor | null }): void {
  native().call(operator(312, NAMES), idsOf(self, 'self'), idsOf(grads, 'grads'), idsOf(momentumBufferList, 'momentumBufferList'), options.weightDecay, options.momentum, options.lr, options.dampening, options.nesterov, options.maximize, options.isFirstStep, optionalId(options.gradScale, 'gradScale'), optionalId(options.foundInf, 'foundInf'));
}

/** `aten::_fused_adam_` */
export function fusedAdam_(self: readonly Tensor[], grads: readonly Tensor[], expAvgs: readonly Tensor[], expAvgSqs: readonly Tensor[], maxExpAvgSqs: readonly Tensor[], stateSteps: readonly Tensor[], options: { lr: number; beta1: number; beta2: number; weightDecay: number; eps: number; amsgrad: boolean; maximize: boolean; gradScale?: Tensor | null; foundInf?: Tensor | null }): void {
  native().call(operator(313, NAMES), idsOf(self, 'self'), idsOf(grads, 'grads'), idsOf(expAvgs, 'expAvgs'), idsOf(expAvgSqs, 'expAvgSqs'), idsOf(maxExpAvgSqs, 'maxExpAvgSqs'), idsOf(stateSteps, 'stateSteps'), options.lr, options.beta1, options.beta2, options.weightDecay, options.eps, options.amsgrad, options.maximize, optionalId(options.gradScale, 'gradScale'), optionalId(options.foundInf, 'foundInf'));
}

/** `aten::_fused_adamw_` */
export function fusedAdamw_(self: readonly Tensor[], grads: readonly Tensor[], expAvgs: readonly Tensor[], expAvgSqs: readonly Tensor[], maxExpAvgSqs: readonly Tensor[], stateSteps: readonly Tensor[], options: { lr: number; beta1: number; beta2: number; weightDecay: number; eps: number; amsgrad: boolean; maximize: boolean; gradScale?: Tensor | null; foundInf?: Tensor | null }): void {
  native().call(operator(314, NAMES), idsOf(self, 'self'), idsOf(grads, 'grads'), idsOf(expAvgs, 'expAvgs'), idsOf(expAvgSqs, 'expAvgSqs'), idsOf(maxExpAvgSqs, 'maxExpAvgSqs'), idsOf(stateSteps, 'stateSteps'), options.lr, options.beta1, options.beta2, options.weightDecay, options.eps, options.amsgrad, options.maximize, optionalId(options.gradScale, 'gradScale'), optionalId(options.foundInf, 'foundInf'));
}

/** `aten::_fused_adagrad_` */
export function fusedAdagrad_(self: readonly Tensor[], grads: readonly Tensor[], stateSums: readonly Tensor[], stateSteps: readonly Tensor[], options: { lr: number; lrDecay: number; weightDecay: number; eps: number; maximize: boolean; gradScale?: Tensor | null; foundInf?: Tensor | null }): void {
  native().call(operator(315, NAMES), idsOf(self, 'self'), idsOf(grads, 'grads'), idsOf(stateSums, 'stateSums'), idsOf(stateSteps, 'stateSteps'), options.lr, options.lrDecay, options.weightDecay, options.eps, options.maximize, optionalId(options.gradScale, 'gradScale'), optionalId(options.foundInf, 'foundInf'));
}
