import { socketInodes } from './processReading.ts'
import { readProcFile } from './processTable.ts'

/** One TCP socket of a process, as the kernel's table shows it. */
export interface SocketReading {
  localHost: string
  localPort: number
  remoteHost: string
  remotePort: number
  state: SocketState
  inode: number
}

/** In the order in which the kernel numbers them, from 1. */
const states = [
  'established',
  'synSent',
  'synReceived',
  'finWait1',
  'finWait2',
  'timeWait',
  'closed',
  'closeWait',
  'lastAck',
  'listening',
  'closing',
] as const

type SocketState = (typeof states)[number] | 'other'

/** The TCP sockets that the process holds open, listening ones included; empty when it is gone. */
export function socketsOf(pid: number): SocketReading[] {
  const inodes = new Set(socketInodes(pid))
  if (inodes.size === 0) return []
  return ['tcp', 'tcp6']
    .flatMap((table) => parseSocketTable(readProcFile(`/proc/${pid}/net/${table}`) ?? ''))
    .filter((socket) => inodes.has(socket.inode))
}

/** TCP ports on which the process accepts connections, ascending and without repeats. */
export function listeningPorts(pid: number): number[] {
  const ports = socketsOf(pid)
    .filter((socket) => socket.state === 'listening')
    .map((socket) => socket.localPort)
  return [...new Set(ports)].sort((one, other) => one - other)
}

/** The text of /proc/net/tcp or tcp6: addresses in hexadecimal, each 32-bit word in the machine's byte order. */
export function parseSocketTable(text: string): SocketReading[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 9)
    .map((fields) => {
      const [localHost, localPort] = parseAddress(fields[1] as string)
      const [remoteHost, remotePort] = parseAddress(fields[2] as string)
      const state = states[Number.parseInt(fields[3] as string, 16) - 1] ?? 'other'
      return { localHost, localPort, remoteHost, remotePort, state, inode: Number(fields[9]) }
    })
}

function parseAddress(text: string): [host: string, port: number] {
  const [hex = '', port = '0'] = text.split(':')
  const bytes = Buffer.from(hex, 'hex').swap32()
  return [bytes.length === 4 ? dotted(bytes) : ipv6(bytes), Number.parseInt(port, 16)]
}

const dotted = (bytes: Buffer) => [...bytes].join('.')

/** An IPv4 peer of an IPv6 socket is shown as IPv4, so that one peer has one spelling. */
function ipv6(bytes: Buffer): string {
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes.readUInt16BE(10) === 0xffff
  if (mapped) return dotted(bytes.subarray(12))
  const words = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16))
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1)
}
