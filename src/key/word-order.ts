const isLittleEndian = new Uint32Array(BigUint64Array.of(1n).buffer)[0] === 1;

/** Index of the low 32-bit word of a 64-bit cell of a typed array on this machine, 0 or 1. */
export const LOW_WORD = isLittleEndian ? 0 : 1;

/** Index of the high 32-bit word of a 64-bit cell of a typed array on this machine, 0 or 1. */
export const HIGH_WORD = 1 - LOW_WORD;
