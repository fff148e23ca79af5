// swift-tools-version: 6.2
//
// The package graph is the architecture: a target imports only what stands
// above it in this file (docs/architecture.md tells why each one exists).

import PackageDescription

/// Warnings are errors in CI, not on the machine of somebody with a newer compiler.
let isStrict = Context.environment["SWITCHYARD_STRICT"] == "1"
/// libFuzzer is not on every machine, so its targets exist only when asked for.
let isFuzzing = Context.environment["SWITCHYARD_FUZZ"] == "1"

let common: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])

/// For targets that touch no C and no unsafe memory beyond what they mark.
let pure = common + [.strictMemorySafety()]

/// One executable for each folder in `Tests/Fuzz`; `make fuzz` builds and runs them.
let fuzzing: [Target] =
  [
    .target(name: "FuzzDriver", path: "Tests/Support/FuzzDriver", swiftSettings: common)
  ]
  + ["FuzzJSON", "FuzzEnvelope", "FuzzLineFramer", "FuzzEventStream"].map {
    .executableTarget(
      name: $0, dependencies: ["FuzzDriver", "FuzzProperties"], path: "Tests/Fuzz/\($0)",
      exclude: ["Seeds"], swiftSettings: common)
  }

let package = Package(
  name: "switchyard",
  products: [
    .executable(name: "switchyard-gateway", targets: ["switchyard-gateway"]),
    .executable(name: "switchyard", targets: ["switchyard"]),
    .executable(name: "switchyard-demo", targets: ["switchyard-demo"]),
    .executable(name: "switchyard-asana-sandbox", targets: ["switchyard-asana-sandbox"]),
    .library(name: "PluginKit", targets: ["PluginKit"]),
  ],
  dependencies: [
    // In `switchyard` only (docs/decisions/argument-parser.md).
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    // C libraries of the system, and the one piece of C that is ours.
    .systemLibrary(name: "CUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    // Loaded when it is first used (docs/decisions/late-libcurl.md): headers only, nothing is linked.
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(name: "CSpawn"),

    // Values: no I/O, no clock.
    .target(name: "RawJSON", swiftSettings: pure),
    .target(name: "MCP", dependencies: ["RawJSON"], swiftSettings: pure),
    .target(name: "Resilience", swiftSettings: pure),
    .target(name: "Routing", dependencies: ["Resilience"], swiftSettings: pure),
    .target(name: "Cache", dependencies: ["RawJSON", "Resilience"], swiftSettings: pure),
    .target(name: "Digest", swiftSettings: pure),
    .target(name: "Health", dependencies: ["Resilience"], swiftSettings: pure),

    // Edges: each wraps one C library or descriptor.
    .target(name: "Files", swiftSettings: common),
    .target(name: "Telemetry", dependencies: ["RawJSON", "Resilience"], swiftSettings: common),
    .target(name: "Loop", dependencies: ["CUV", "CSpawn", "Resilience"], swiftSettings: common),
    .target(
      name: "HTTP", dependencies: ["CCurl", "Resilience", "Loop"], swiftSettings: common),
    // Values again, on top of the addresses of HTTP.
    .target(
      name: "OAuth", dependencies: ["RawJSON", "Digest", "Loop", "HTTP"], swiftSettings: common),
    .target(name: "YAML", dependencies: ["CYAML", "RawJSON"], swiftSettings: common),
    .target(
      name: "Store", dependencies: ["CSQLite", "Files", "Loop", "Digest"], swiftSettings: common),

    // What Switchyard is.
    .target(name: "Manifest", dependencies: ["RawJSON", "YAML"], swiftSettings: common),
    .target(
      name: "Provision",
      dependencies: ["RawJSON", "Digest", "Files", "Loop", "YAML", "Store", "Manifest"],
      swiftSettings: common),
    .target(
      name: "Backend",
      dependencies: [
        "RawJSON", "MCP", "Resilience", "Telemetry", "Loop", "HTTP", "OAuth", "Store", "Manifest",
        "Provision",
      ],
      swiftSettings: common),
    .target(
      name: "Gateway",
      dependencies: [
        "RawJSON", "MCP", "Resilience", "Routing", "Cache", "Health", "Telemetry", "Loop", "HTTP",
        "Store", "Manifest", "Provision", "Backend",
      ],
      swiftSettings: common),
    .target(
      name: "Harness", dependencies: ["RawJSON", "MCP", "Resilience", "YAML"],
      swiftSettings: common),
    .executableTarget(
      name: "switchyard-fake-backend", dependencies: ["RawJSON", "MCP", "Digest"],
      swiftSettings: common),
    .target(name: "PluginKit", dependencies: ["RawJSON", "MCP"], swiftSettings: common),
    .target(name: "Clients", dependencies: ["RawJSON", "Files"], swiftSettings: common),
    // In `switchyard` only (docs/decisions/zip.md).
    .target(name: "Archive", dependencies: ["CZlib", "Files"], swiftSettings: common),

    .executableTarget(
      name: "switchyard-gateway",
      dependencies: [
        "RawJSON", "MCP", "Telemetry", "Loop", "Store", "Manifest", "Provision", "Gateway",
      ],
      swiftSettings: common),
    .executableTarget(
      name: "switchyard",
      dependencies: [
        "RawJSON", "MCP", "Loop", "HTTP", "OAuth", "Store", "Manifest", "Provision", "Harness",
        "Clients", "OpenAPI", "Archive", "Digest", "Files", "YAML",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: common),
    .executableTarget(
      name: "switchyard-demo", dependencies: ["PluginKit"], path: "Plugins/demo/Sources",
      swiftSettings: common),
    .target(
      name: "OpenAPI", dependencies: ["RawJSON", "YAML", "Manifest"], swiftSettings: common),
    .target(
      name: "AsanaSandbox", dependencies: ["PluginKit"],
      path: "Plugins/asana-sandbox/Sources/AsanaSandbox", swiftSettings: common),
    .executableTarget(
      name: "switchyard-asana-sandbox", dependencies: ["AsanaSandbox", "PluginKit"],
      path: "Plugins/asana-sandbox/Sources/Main", swiftSettings: common),
    .testTarget(
      name: "OpenAPITests",
      dependencies: ["OpenAPI", "Manifest", "RawJSON", "TestSupport", "Harness"],
      swiftSettings: common),
    .testTarget(
      name: "AsanaSandboxTests",
      dependencies: [
        "AsanaSandbox", "PluginKit", "Manifest", "RawJSON", "MCP", "Harness", "TestSupport",
        "switchyard-asana-sandbox", "switchyard-demo", "switchyard-gateway",
      ],
      swiftSettings: common),
    .target(
      name: "ArchiveTesting", dependencies: ["CZlib"], path: "Tests/Support/ArchiveTesting",
      swiftSettings: common),
    .testTarget(
      name: "FilesTests", dependencies: ["Files", "TestSupport"], swiftSettings: common),
    .testTarget(
      name: "ArchiveTests",
      dependencies: ["Archive", "ArchiveTesting", "Files", "TestSupport"], swiftSettings: common),
    .testTarget(
      name: "ClientsTests", dependencies: ["Clients", "RawJSON", "TestSupport"],
      swiftSettings: common),
    // The service of docs/plugins.md, so that what the page shows compiles and runs.
    .executableTarget(
      name: "temperature", dependencies: ["PluginKit"], path: "Tests/Support/ExamplePlugin",
      swiftSettings: common),
    .testTarget(
      name: "PluginKitTests",
      dependencies: [
        "PluginKit", "RawJSON", "MCP", "Harness", "switchyard-demo", "temperature",
      ],
      swiftSettings: common),
    .testTarget(
      name: "SwitchyardTests",
      dependencies: [
        "RawJSON", "Digest", "Harness", "Loop", "TestSupport", "CommandTesting", "HTTPTesting",
        "ArchiveTesting", "switchyard", "switchyard-gateway", "switchyard-demo",
      ],
      exclude: ["Snapshots"], swiftSettings: common),

    .target(
      name: "TestSupport", dependencies: ["Files"], path: "Tests/Support/TestSupport",
      swiftSettings: common),
    // Runs `switchyard` as a person does.
    .target(
      name: "CommandTesting", dependencies: ["Harness", "TestSupport"],
      path: "Tests/Support/CommandTesting", swiftSettings: common),
    // Chaos and soak: `make chaos`, `make soak`.
    .target(
      name: "Endurance",
      dependencies: [
        "Digest", "Harness", "Loop", "MCP", "RawJSON", "Resilience", "Store", "TestSupport",
      ],
      path: "Tests/Support/Endurance", swiftSettings: common),
    .executableTarget(
      name: "switchyard-endurance",
      dependencies: ["Endurance", "Harness", "switchyard-gateway", "switchyard-fake-backend"],
      path: "Tests/Endurance", exclude: ["README.md"], swiftSettings: common),
    .testTarget(
      name: "EnduranceTests",
      dependencies: [
        "Endurance", "Resilience", "switchyard-gateway", "switchyard-fake-backend",
      ], swiftSettings: common),
    .testTarget(
      name: "HarnessTests",
      dependencies: [
        "Harness", "RawJSON", "MCP", "Resilience", "YAML", "TestSupport", "switchyard-fake-backend",
      ],
      swiftSettings: common),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Digest", "FuzzProperties", "Harness", "HTTPTesting", "RawJSON", "MCP", "Manifest", "Loop",
        "Store", "TestSupport", "CommandTesting", "switchyard", "switchyard-gateway",
        "switchyard-fake-backend",
      ],
      swiftSettings: common),
    .target(
      name: "FuzzProperties", dependencies: ["RawJSON", "MCP", "HTTP"],
      path: "Tests/Support/FuzzProperties", swiftSettings: common),
    .testTarget(
      name: "RawJSONTests", dependencies: ["RawJSON", "FuzzProperties", "TestSupport"],
      swiftSettings: common),
    .testTarget(
      name: "MCPTests", dependencies: ["MCP", "RawJSON", "FuzzProperties"], swiftSettings: common),
    .target(
      name: "LoopTesting", dependencies: ["Loop"], path: "Tests/Support/LoopTesting",
      swiftSettings: common),
    // Stands before the C library in the executable of the tests.
    .target(name: "FailingCalls", path: "Tests/Support/FailingCalls"),
    .testTarget(
      name: "LoopTests",
      dependencies: ["Loop", "LoopTesting", "Resilience", "TestSupport", "FailingCalls"],
      swiftSettings: common),
    .target(
      name: "HTTPTesting", dependencies: ["CSpawn"], path: "Tests/Support/HTTPTesting",
      swiftSettings: common),
    .testTarget(
      name: "HTTPTests",
      dependencies: [
        "HTTP", "HTTPTesting", "FuzzProperties", "TestSupport", "Loop", "LoopTesting", "Resilience",
      ],
      swiftSettings: common),
    .testTarget(
      name: "BackendTests",
      dependencies: [
        "Backend", "HTTP", "Loop", "LoopTesting", "MCP", "Manifest", "RawJSON", "Resilience",
        "TestSupport",
      ],
      swiftSettings: common),
    .testTarget(
      name: "GatewayTests",
      dependencies: ["Gateway", "Backend", "MCP", "Manifest", "RawJSON", "Resilience"],
      swiftSettings: common),
    .testTarget(
      name: "ProvisionTests",
      dependencies: [
        "Provision", "Digest", "Loop", "LoopTesting", "Manifest", "RawJSON", "TestSupport",
      ],
      swiftSettings: common),
    .testTarget(
      name: "YAMLTests", dependencies: ["YAML", "TestSupport"], swiftSettings: common),
    .testTarget(
      name: "ManifestTests", dependencies: ["Manifest", "YAML", "RawJSON", "TestSupport"],
      swiftSettings: common),
    .executableTarget(
      name: "switchyard-store-writer", dependencies: ["Loop", "Store"],
      path: "Tests/Support/StoreWriter",
      swiftSettings: common),
    .testTarget(
      name: "StoreTests",
      dependencies: [
        "Store", "Loop", "LoopTesting", "CSQLite", "TestSupport", "FailingCalls",
        "switchyard-store-writer",
      ],
      swiftSettings: common),
    .testTarget(
      name: "TelemetryTests", dependencies: ["Telemetry", "Resilience", "RawJSON"],
      swiftSettings: common),
    .testTarget(
      name: "HealthTests", dependencies: ["Health", "Resilience", "TestSupport"],
      swiftSettings: common),
    .testTarget(
      name: "ResilienceTests", dependencies: ["Resilience", "TestSupport"], swiftSettings: common),
    .testTarget(
      name: "RoutingTests", dependencies: ["Routing", "Resilience"], swiftSettings: common),
    .testTarget(
      name: "CacheTests", dependencies: ["Cache", "RawJSON", "Resilience"], swiftSettings: common),
    .testTarget(name: "DigestTests", dependencies: ["Digest"], swiftSettings: common),
    .testTarget(
      name: "OAuthTests", dependencies: ["OAuth", "HTTP", "RawJSON"], swiftSettings: common),
  ] + (isFuzzing ? fuzzing : [])
)
