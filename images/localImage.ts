import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { HarnessError } from '../harness/src/base/errors.ts'
import { root } from './contextFiles.ts'

/** An image made from programs of this machine, for where no registry can be reached. */
export interface LocalImage {
  /** Programs by their path inside. */
  programs: Readonly<Record<string, string>>
  /** Further files; each keeps its path. */
  files: readonly string[]
  /** Links by their path inside. */
  links: Readonly<Record<string, string>>
}

const shellNames = [
  'sh',
  'ls',
  'cat',
  'cp',
  'mv',
  'rm',
  'mkdir',
  'chown',
  'chmod',
  'sleep',
  'true',
  'ps',
  'env',
  'id',
  'df',
  'wget',
]
const libraryFolders = ['/lib/*-linux-gnu', '/usr/lib/*-linux-gnu', '/lib64', '/usr/lib64']

/** Node 24 as the project has it, a shell, and the user `node`: what our Dockerfiles need of `node:24-slim`. */
export function nodeImage(): LocalImage {
  return {
    programs: {
      '/usr/local/bin/node': realpathSync(join(root, 'node_modules', '.bin', 'node')),
      '/bin/busybox': requireProgram('busybox', 'busybox-static'),
    },
    files: [...library('libnss_dns.so.2'), ...library('libnss_files.so.2'), ...library('libresolv.so.2')],
    links: Object.fromEntries(shellNames.map((name) => [`/bin/${name}`, '/bin/busybox'])),
  }
}

/** iptables and tc with their plug-ins. */
export function firewallImage(): LocalImage {
  return {
    programs: {
      '/usr/sbin/xtables-legacy-multi': requireProgram('xtables-legacy-multi', 'iptables'),
      '/usr/sbin/xtables-nft-multi': requireProgram('xtables-nft-multi', 'iptables'),
      '/usr/sbin/tc': requireProgram('tc', 'iproute2'),
      '/bin/busybox': requireProgram('busybox', 'busybox-static'),
    },
    files: globSync('/usr/lib/*-linux-gnu/xtables/*.so'),
    links: {
      '/usr/sbin/iptables': '/usr/sbin/xtables-nft-multi',
      '/usr/sbin/iptables-legacy': '/usr/sbin/xtables-legacy-multi',
      ...Object.fromEntries(shellNames.map((name) => [`/bin/${name}`, '/bin/busybox'])),
    },
  }
}

/** A tar of the whole file system of the image, with the libraries that the programs name. */
export function tarOf(image: LocalImage): Readable {
  const tar = pack()
  const contents = new Map<string, string>(Object.entries(image.programs))
  for (const path of [...Object.values(image.programs), ...image.files]) {
    for (const needed of librariesOf(path)) contents.set(needed, needed)
  }
  for (const path of image.files) contents.set(path, path)
  for (const folder of ['/tmp', '/run', '/root', '/home/node', '/app']) {
    const owner = folder === '/home/node' ? 1000 : 0
    tar.entry({ name: folder, type: 'directory', mode: folder === '/tmp' ? 0o1777 : 0o755, uid: owner, gid: owner })
  }
  const texts = {
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n',
    '/etc/group': 'root:x:0:\nnode:x:1000:\n',
    '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  }
  for (const [name, text] of Object.entries(texts)) tar.entry({ name }, text)
  for (const [name, source] of contents) tar.entry({ name, mode: 0o755 }, readFileSync(realpathSync(source)))
  for (const [name, linkname] of Object.entries(image.links)) tar.entry({ name, type: 'symlink', linkname })
  tar.finalize()
  return Readable.from(tar)
}

function librariesOf(path: string): string[] {
  let text: string
  try {
    text = execFileSync('ldd', [path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return [] // static programs have none, which ldd tells by its exit code
  }
  return [...text.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, found]) => found as string)
}

function library(name: string): string[] {
  const found = globSync(libraryFolders.map((folder) => join(folder, name)))
  return found.slice(0, 1)
}

function requireProgram(name: string, debianPackage: string): string {
  const path = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
    .map((folder) => join(folder, basename(name)))
    .find((candidate) => existsSync(candidate) && statSync(candidate).isFile())
  if (!path) {
    throw new HarnessError(
      'IMAGE_MISSING',
      `${name} is not on this machine, and no registry can be reached: apt-get install ${debianPackage}, then run this again.`,
    )
  }
  return path
}
