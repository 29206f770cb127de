# Packet filter, traffic control and a shell that mounts, for faults in the network and the disk of a node. Only used where this machine cannot make
# the image from its own programs.
ARG BASE_IMAGE=debian:12-slim
FROM ${BASE_IMAGE}
RUN apt-get update && apt-get install -y --no-install-recommends iptables iproute2 busybox-static && rm -rf /var/lib/apt/lists/*
CMD ["sleep", "infinity"]
