-- wrk's own report stops at p99. It calls this at its end; times are in microseconds.
done = function(_, latency)
  io.write(string.format("p99.9 %.3f ms\n", latency:percentile(99.9) / 1000))
end
