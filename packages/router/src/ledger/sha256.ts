/**
 * SHA-256 of a text, at once. The digest of the runtime (`crypto.subtle`) gives a promise and uses another thread. For a text of usual length, that
 * takes many times as long as the digest itself.
 */

// every runtime with `fetch` has this, but the type libraries of this project do not declare it
declare const TextEncoder: new() => { readonly encode: (text: string) => Uint8Array }

/** The constants of FIPS 180-4, section 4.2.2: the beginnings of the cube roots of the first 64 primes. */
const constants = new Int32Array([
  ...[0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5],
  ...[0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174],
  ...[0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da],
  ...[0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967],
  ...[0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85],
  ...[0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070],
  ...[0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3],
  ...[0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2]
])

/** The state before the first block, from the square roots of the first eight primes. */
const initial = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]

const blockLength = 64

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

/** The bytes, a bit, zeros, and the number of bits in the last eight bytes. */
const pad = (bytes: Uint8Array): DataView => {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / blockLength) * blockLength)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x20000000))
  view.setUint32(padded.length - 4, bytes.length << 3)
  return view
}

/** Reads a block, and extends its 16 words to 64. */
const expand = (words: Int32Array, view: DataView, offset: number): void => {
  for (let index = 0; index < 16; index++) words[index] = view.getInt32(offset + index * 4)
  const at = (index: number): number => words[index] ?? 0
  for (let index = 16; index < 64; index++) {
    const early = at(index - 15)
    const late = at(index - 2)
    words[index] = at(index - 16) + (rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)) +
      at(index - 7) + (rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10))
  }
}

const add = (state: Int32Array, words: Int32Array): void => {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let index = 0; index < 64; index++) {
    const first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + (constants[index] ?? 0) + (words[index] ?? 0)
    const second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  const block = [a, b, c, d, e, f, g, h]
  for (let index = 0; index < 8; index++) state[index] = (state[index] ?? 0) + (block[index] ?? 0)
}

/** The digest of a text in UTF-8, as 64 hexadecimal letters. */
export const digest = (text: string): string => {
  const view = pad(new TextEncoder().encode(text))
  const state = new Int32Array(initial)
  const words = new Int32Array(64)
  for (let offset = 0; offset < view.byteLength; offset += blockLength) {
    expand(words, view, offset)
    add(state, words)
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("")
}
