/**
 * The ATen operators that autodidact uses, in groups of one TypeScript function each.
 *
 * `add.Tensor|add.Scalar` makes one function that picks the overload by whether the argument is a tensor; `-> name` gives
 * another name than the camelCase form of the operator's. An operator whose first argument is `self` becomes a method.
 */
export const OPERATORS = `
add.Tensor|add.Scalar       add_.Tensor|add_.Scalar     sub.Tensor|sub.Scalar       sub_.Tensor|sub_.Scalar
mul.Tensor|mul.Scalar       mul_.Tensor|mul_.Scalar     div.Tensor|div.Scalar       div_.Tensor|div_.Scalar
pow.Tensor_Tensor|pow.Tensor_Scalar                     remainder.Tensor|remainder.Scalar
floor_divide|floor_divide.Scalar                        rsub.Tensor|rsub.Scalar
eq.Tensor|eq.Scalar         ne.Tensor|ne.Scalar         lt.Tensor|lt.Scalar         le.Tensor|le.Scalar
gt.Tensor|gt.Scalar         ge.Tensor|ge.Scalar         maximum                     minimum
addcmul                     addcmul_                    addcdiv_                    lerp.Scalar|lerp.Tensor
lerp_.Scalar|lerp_.Tensor   atan2                       logical_and                 logical_or
logical_not                 bitwise_and.Tensor          bitwise_or.Tensor           bitwise_xor.Tensor
neg exp exp_ log log_ log2 log1p expm1 sqrt sqrt_ rsqrt square reciprocal abs sign sin cos tan acos asin atan
floor ceil round round.decimals->roundTo trunc frac erf isnan isinf isfinite nan_to_num
sigmoid tanh relu relu_ leaky_relu leaky_relu_ elu gelu silu softplus hardtanh log_sigmoid tanh_ sigmoid_
clamp clamp_ clamp_min clamp_min_ clamp_max clamp_max_
sum.dim_IntList             mean.dim                    prod                        prod.dim_int->prodDim
var.correction              std.correction              var_mean.correction         amax amin argmax argmin
max.dim->maxDim             min.dim->minDim             max min                     median
any all any.dim->anyDim     all.dim->allDim             logsumexp                   cumsum cumprod
softmax.int                 log_softmax.int             topk sort sort.stable->stableSort argsort
bincount histc              linalg_vector_norm->vectorNorm                          count_nonzero.dim_IntList
unique_dim                  _unique2->unique            searchsorted.Tensor
view view.dtype->viewDtype  reshape permute transpose.int t flatten.using_ints      unflatten.int
unsqueeze squeeze.dim       expand expand_as repeat repeat_interleave.self_int      flip rot90 roll
narrow select.int slice.Tensor                          index_select gather         scatter.src scatter.value->scatterValue
scatter_.src scatter_.value->scatterValue_              scatter_add scatter_add_    index.Tensor index_put_
index_copy index_copy_ index_add index_add_ index_fill_.int_Scalar                  masked_fill.Scalar masked_fill_.Scalar
masked_select where.self take_along_dim                 diagonal diag               unfold tril triu
chunk split.Tensor split_with_sizes unbind.int movedim.int movedim.intlist->movedims
contiguous clone detach detach_ copy_ zero_ fill_.Scalar as_strided nonzero one_hot nan_to_num_
view_as
cat stack meshgrid.indexing
zeros ones full empty.memory_format eye linspace arange.start_step
zeros_like ones_like empty_like full_like
rand.generator randn.generator randint.low_generator randperm.generator multinomial
uniform_ normal_ bernoulli_.float bernoulli exponential_ random_.from
mm bmm matmul addmm baddbmm dot mv outer einsum cdist
linalg_qr linalg_eigh linalg_svd linalg_cholesky linalg_solve linalg_inv linalg_slogdet linalg_solve_triangular
linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d.input conv_transpose3d.input
max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d
adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool2d
batch_norm layer_norm group_norm instance_norm dropout feature_dropout embedding prelu
scaled_dot_product_attention gru.input lstm.input gru_cell lstm_cell _cudnn_rnn_flatten_weight
cross_entropy_loss->crossEntropy nll_loss_nd->nllLoss binary_cross_entropy_with_logits mse_loss l1_loss smooth_l1_loss
kl_div cosine_similarity
pixel_shuffle pixel_unshuffle grid_sampler affine_grid_generator pad im2col col2im
upsample_nearest2d.vec upsample_bilinear2d.vec upsample_bicubic2d.vec
_upsample_bilinear2d_aa.vec _upsample_bicubic2d_aa.vec
_to_copy->toCopy from_file->fromFileBytes
_foreach_add_.List->foreachAdd_ _foreach_add_.Scalar->foreachAddScalar_
_foreach_mul_.Scalar->foreachMulScalar_ _foreach_mul_.Tensor->foreachMulTensor_
_foreach_add.List->foreachAdd _foreach_sub_.List->foreachSub_ _foreach_sqrt->foreachSqrt
_foreach_mul_.List->foreachMul_ _foreach_div.List->foreachDiv
_foreach_norm.Scalar->foreachNorm _foreach_lerp_.Scalar->foreachLerp_
_foreach_addcmul_.Scalar->foreachAddcmul_ _foreach_addcdiv_.Scalar->foreachAddcdiv_
_fused_sgd_ _fused_adam_ _fused_adamw_ _fused_adagrad_
equal erfinv_ logaddexp
fft_rfft2 fft_irfft2 view_as_real view_as_complex conj_physical
`;
