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

let package = Package(
  name: "switchyard",
  products: [
    .executable(name: "switchyard-gateway", targets: ["switchyard-gateway"]),
    .library(name: "PluginKit", targets: ["PluginKit"]),
  ],
  dependencies: [],
  targets: [
    // C libraries of the system, and the one piece of C that is ours.
    .systemLibrary(name: "CUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "CSpawn"),

    // Values: no I/O, no clock.
    .target(name: "RawJSON", swiftSettings: pure),
    .target(name: "MCP", dependencies: ["RawJSON"], swiftSettings: pure),
    .target(name: "Resilience", swiftSettings: pure),

    // Edges: each wraps one C library or descriptor.
    .target(name: "Telemetry", dependencies: ["RawJSON"], swiftSettings: common),
    .target(name: "Loop", dependencies: ["CUV", "CSpawn", "Resilience"], swiftSettings: common),
    .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: common),
    .target(name: "Store", dependencies: ["CSQLite"], swiftSettings: common),

    // What Switchyard is.
    .target(name: "Manifest", dependencies: ["YAML"], swiftSettings: common),
    .target(
      name: "Backend",
      dependencies: ["RawJSON", "MCP", "Resilience", "Telemetry", "Loop", "Manifest"],
      swiftSettings: common),
    .target(
      name: "Gateway",
      dependencies: [
        "RawJSON", "MCP", "Resilience", "Telemetry", "Loop", "Store", "Manifest", "Backend",
      ],
      swiftSettings: common),
    .target(
      name: "Harness", dependencies: ["RawJSON", "MCP", "Resilience", "Loop", "YAML"],
      swiftSettings: common),
    .target(name: "PluginKit", dependencies: ["RawJSON", "MCP"], swiftSettings: common),

    .executableTarget(
      name: "switchyard-gateway",
      dependencies: ["Telemetry", "Loop", "Manifest", "Gateway"],
      swiftSettings: common),

    .testTarget(name: "RawJSONTests", dependencies: ["RawJSON"], swiftSettings: common),
    .testTarget(name: "MCPTests", dependencies: ["MCP", "RawJSON"], swiftSettings: common),
    .target(
      name: "LoopTesting", dependencies: ["Loop"], path: "Tests/Support/LoopTesting",
      swiftSettings: common),
    .testTarget(
      name: "LoopTests", dependencies: ["Loop", "LoopTesting", "Resilience"], swiftSettings: common
    ),
    .target(name: "FileTesting", path: "Tests/Support/FileTesting", swiftSettings: common),
    .testTarget(
      name: "YAMLTests", dependencies: ["YAML", "FileTesting"], swiftSettings: common),
    .testTarget(
      name: "ManifestTests", dependencies: ["Manifest", "YAML", "RawJSON", "FileTesting"],
      swiftSettings: common),
    .executableTarget(
      name: "switchyard-store-writer", dependencies: ["Store"], path: "Tests/Support/StoreWriter",
      swiftSettings: common),
    .testTarget(
      name: "StoreTests", dependencies: ["Store", "CSQLite", "FileTesting", "switchyard-store-writer"],
      swiftSettings: common),
    .testTarget(name: "ResilienceTests", dependencies: ["Resilience"], swiftSettings: common),
  ]
)
