/**
 * Keeps the process alive when nobody reads what it prints any more (`| head`, a terminal that was closed): what it writes into files
 * and its exit code are worth having all the same. Other trouble with the output is told once.
 */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    let wasTold = false
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (readerIsGone.has(error.code ?? '') || wasTold) return
      wasTold = true
      const other = stream === process.stdout ? process.stderr : process.stdout
      other.write(`What should be printed cannot be written: ${error.message}.\n`)
    })
  }
}

/** EIO is a terminal that hung up. */
const readerIsGone = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'])
