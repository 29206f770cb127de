# MinIO at the version that fixtures/systems/objectStore/minioBuild.ts pins, from the static binary that buildMinio.ts makes:
# upstream publishes source only. The base is there for the health check.
ARG BASE_IMAGE=node:24-slim
FROM ${BASE_IMAGE}
WORKDIR /app
COPY minio /usr/local/bin/minio
COPY app/ /app/
RUN mkdir -p /data && chown node:node /data
ENV MINIO_BROWSER=off MINIO_UPDATE=off OBJECT_STORE_PORT=9000
EXPOSE 9000
USER node
HEALTHCHECK --interval=5s --timeout=2s --start-period=10s CMD ["node", "/app/healthcheck.js"]
CMD ["/usr/local/bin/minio", "server", "/data", "--address", ":9000", "--certs-dir", "/tmp/minio-certs"]
