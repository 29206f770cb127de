# The stub provider of embeddings with the preloads of the harness beside it. Built by `npm run images`, which makes the context.
ARG BASE_IMAGE=node:24-slim
FROM ${BASE_IMAGE}
WORKDIR /app
COPY app/ /app/
ENV NODE_ENV=production EMBEDDER_HOST=0.0.0.0
EXPOSE 9301
USER node
HEALTHCHECK --interval=5s --timeout=2s --start-period=10s CMD ["node", "/app/healthcheck.js"]
CMD ["node", "--disable-warning=ExperimentalWarning", "/app/fixtures/systems/embedder/daemon/main.ts"]
