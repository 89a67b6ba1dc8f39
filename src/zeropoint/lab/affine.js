// The package's affine arithmetic once more, in the browser, so that a drag needs no kernel (an exported page
// works without one). It must equal zeropoint.quant.affine: tests/browser/test_ruler.py compares both.
// Everything is float32 as in Python: Math.fround after each operation gives the very same bits.

const f32 = Math.fround;
const SMALLEST_NORMAL = 2 ** -126; // a smaller scale would be subnormal: 1 instead

// Math.round sends every half upwards; NumPy, torch and ONNX send it to the even neighbour.
function roundHalfEven(value) {
  const up = Math.round(value);
  return Math.abs(value % 1) === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

function chooseQParams(minVal, maxVal, bitWidth, signed) {
  const [low, high] = [Math.min(f32(minVal), 0), Math.max(f32(maxVal), 0)]; // zero needs a code of its own
  const levels = 2 ** bitWidth;
  const [quantMin, quantMax] = signed ? [-levels / 2, levels / 2 - 1] : [0, levels - 1];
  const step = f32(f32(high - low) / (levels - 1));
  const scale = step < SMALLEST_NORMAL ? 1 : step;
  const code = roundHalfEven(f32(quantMin - f32(low / scale)));
  return { scale, zeroPoint: Math.min(Math.max(code, quantMin), quantMax), quantMin, quantMax, levels };
}

// Quantize and dequantize the sample; each value stands for `weights[i]` values of the tensor.
function measure(values, weights, { scale, zeroPoint, quantMin, quantMax }) {
  const errors = new Float64Array(values.length);
  const clipped = new Int8Array(values.length); // −1 below the first level, 1 above the last, 0 inside
  const sums = { rounding: 0, clipping: 0, signal: 0, all: 0, below: 0, above: 0 };
  values.forEach((x, i) => {
    const free = f32(roundHalfEven(f32(x / scale)) + zeroPoint);
    const q = Math.min(Math.max(free, quantMin), quantMax);
    const error = f32((q - zeroPoint) * scale) - x;
    errors[i] = error;
    clipped[i] = free < quantMin ? -1 : free > quantMax ? 1 : 0;
    sums[clipped[i] ? "clipping" : "rounding"] += weights[i] * error * error;
    sums.signal += weights[i] * x * x;
    sums.all += weights[i];
    if (clipped[i]) sums[clipped[i] < 0 ? "below" : "above"] += weights[i];
  });
  const [rounding, clipping] = [sums.rounding / sums.all, sums.clipping / sums.all];
  const noise = rounding + clipping;
  const sqnr = noise === 0 ? Infinity : 10 * Math.log10(sums.signal / sums.all / noise);
  return { errors, clipped, rounding, clipping, sqnr, below: sums.below / sums.all, above: sums.above / sums.all };
}
