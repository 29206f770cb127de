# The vector daemon with the preloads of the harness beside it. Built by `npm run images`, which makes the context.
ARG BASE_IMAGE=node:24-slim
FROM ${BASE_IMAGE}
WORKDIR /app
COPY app/ /app/
RUN mkdir -p /data && chown node:node /data
ENV NODE_ENV=production VECTORD_HOST=0.0.0.0 VECTORD_DATA=/data
EXPOSE 9201
USER node
HEALTHCHECK --interval=5s --timeout=2s --start-period=10s CMD ["node", "/app/healthcheck.js"]
CMD ["node", "--disable-warning=ExperimentalWarning", "/app/fixtures/systems/vectord/daemon/main.ts"]
