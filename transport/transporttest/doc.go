// Package transporttest is an engine in the test's own process: it listens on a socket, plays scripted answers and
// faults, and records what it was asked.
//
//	engine := transporttest.New(t)
//	engine.Handle("GET /v1.41/containers/{id}/json", transporttest.JSON(200, inspected))
//	engine.Handle("POST /v1.41/containers/{id}/start",
//		transporttest.Error(500, "try again"), // the first time
//		transporttest.Empty(204))              // from then on
//
// [New] is for tests and closes itself; [Start] is for examples and programs, which call [Engine.Close]. Anything that
// speaks HTTP can be pointed at [Engine.Host]; [Engine.Client] returns a client of this project.
//
// An [Answer] is a value: its methods return a changed copy, so faults are read from left to right.
//
//	transporttest.Lines(first, second).Cut(100)             // a stream that breaks after 100 bytes
//	transporttest.Error(404, "no such image").BeforeBody()  // refused before the upload is read
//	transporttest.JSON(200, v).Slow(1, time.Second)         // one byte per second, header included
//	transporttest.JSON(200, v).ThenClose()                  // an idle connection that the engine closes
//
// The engine knows the wire, not containers: it keeps no state, checks no bodies and invents no answers, save those of
// /_ping and /version. A request that no pattern matches is answered 404 and fails the test. To imitate an engine's
// behaviour rather than its words, use [Handler].
//
// An Engine is safe for concurrent use, patterns may be added while it runs, and Close ends every connection and waits
// for what it started. It has no clock of its own: but for [Answer.Slow], [Answer.SplitAt] and [IdleTimeout], nothing
// here depends on time, and the Wait methods return as soon as what they wait for is there.
package transporttest
