import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Dial } from './endpoint.ts'

/**
 * The node whose process, or a child of it, owns the socket that dialled; undefined when none does.
 * For systems that do not bind their source address. Linux only: reads /proc, 1 to 5 ms for a handful of nodes.
 */
export function ownerOfSocket(dial: Dial, pidsByNode: () => Map<string, number[]>): string | undefined {
  const inode = inodeOf(dial)
  if (inode === undefined) return undefined
  for (const [node, pids] of pidsByNode()) {
    for (const pid of withDescendants(pids)) if (holdsSocket(pid, inode)) return node
  }
  return undefined
}

function inodeOf({ source, target }: Dial): string | undefined {
  const isV4 = !source.host.includes(':')
  const tables: [string, (host: string) => string][] = isV4
    ? [
        ['/proc/net/tcp', hexOfV4],
        // An IPv4 address of a dual-stack socket stands in the table of IPv6, as ::ffff:a.b.c.d.
        ['/proc/net/tcp6', (host) => `0000000000000000FFFF0000${hexOfV4(host)}`],
      ]
    : [['/proc/net/tcp6', hexOfV6]]
  for (const [table, hexOf] of tables) {
    const [local, remote] = [source, target].map(({ host, port }) => `${hexOf(host)}:${hexOfPort(port)}`)
    for (const line of readOrEmpty(table).split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/)
      const inode = columns[9]
      if (columns[1] === local && columns[2] === remote && inode && inode !== '0') return inode
    }
  }
  return undefined
}

const hexOfPort = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')

/** The kernel prints addresses as words in the byte order of the machine, which is little-endian wherever Node runs. */
function hexOfV4(host: string): string {
  return Buffer.from(host.split('.').map(Number).reverse()).toString('hex').toUpperCase()
}

function hexOfV6(host: string): string {
  const [head = '', tail] = host.split('%')[0]!.split('::')
  const left = head ? head.split(':') : []
  const right = tail ? tail.split(':') : []
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  const bytes = Buffer.from([...left, ...zeros, ...right].map((part) => part.padStart(4, '0')).join(''), 'hex')
  return bytes.swap32().toString('hex').toUpperCase()
}

function withDescendants(pids: readonly number[]): number[] {
  const all = [...pids]
  for (let at = 0; at < all.length; at++) {
    for (const thread of listOrEmpty(`/proc/${all[at]}/task`)) {
      const children = readOrEmpty(`/proc/${all[at]}/task/${thread}/children`).trim()
      if (children) all.push(...children.split(' ').map(Number))
    }
  }
  return all
}

function holdsSocket(pid: number, inode: string): boolean {
  const folder = `/proc/${pid}/fd`
  return listOrEmpty(folder).some((fd) => linkOrEmpty(`${folder}/${fd}`) === `socket:[${inode}]`)
}

// Processes and their files vanish while they are looked at: what is gone owns nothing.
const readOrEmpty = (path: string) => orElse('', () => readFileSync(path, 'latin1'))
const linkOrEmpty = (path: string) => orElse('', () => readlinkSync(path))
const listOrEmpty = (path: string) => orElse<string[]>([], () => readdirSync(path))

function orElse<T>(otherwise: T, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return otherwise
    throw error
  }
}
