/** Subnets that clusters draw from: 10.64.0.0/24 up to 10.127.255.0/24, seldom used by anybody. */
const firstSecondByte = 64
const count = 64 * 256
/** About the golden section of `count`, and coprime to it: runners whose pids follow each other start far apart. */
const stride = 10_127

/** An IPv4 network: the first address as a number, and how many leading bits name it. */
interface Block {
  first: number
  bits: number
}

/**
 * The prefix (`10.64.7`) of the `turn`th free /24 of this runner. `taken` are networks in CIDR notation, of the engine and of this
 * machine's routes. Undefined when none is free.
 */
export function freePrefix(taken: readonly string[], turn: number, startAt = process.pid * stride): string | undefined {
  const blocks = taken.map(parseBlock).filter((block) => block !== undefined)
  for (let step = 0; step < count; step++) {
    const at = (startAt + turn + step) % count
    const prefix = `10.${firstSecondByte + Math.floor(at / 256)}.${at % 256}`
    const block = parseBlock(`${prefix}.0/24`) as Block
    if (!blocks.some((other) => overlap(block, other))) return prefix
  }
  return undefined
}

/** The networks in the text of /proc/net/route, without the default route. */
export function routedNetworks(table: string): string[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter((columns) => columns.length > 7 && columns[7] !== '00000000')
    .map((columns) => `${dotted(columns[1] as string)}/${ones(columns[7] as string)}`)
}

function parseBlock(cidr: string): Block | undefined {
  const [address, bits] = cidr.split('/')
  const bytes = address?.split('.').map(Number) ?? []
  if (bytes.length !== 4 || bytes.some(Number.isNaN)) return undefined // IPv6 cannot overlap
  return { first: bytes.reduce((sum, byte) => sum * 256 + byte, 0), bits: Number(bits ?? 32) }
}

function overlap(a: Block, b: Block): boolean {
  const size = 2 ** (32 - Math.min(a.bits, b.bits))
  return Math.floor(a.first / size) === Math.floor(b.first / size)
}

/** The kernel prints addresses as words in the byte order of the machine, which is little-endian wherever Node runs. */
function dotted(word: string): string {
  return [...Buffer.from(word, 'hex')].reverse().join('.')
}

function ones(word: string): number {
  return [...Number.parseInt(word, 16).toString(2)].filter((digit) => digit === '1').length
}
