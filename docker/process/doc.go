// Package process runs commands in containers, and containers, in the shape of package os/exec.
//
// [Command] is a command in a running container, an exec. [Container] is a created container, run to its end. Both are a
// [Cmd]: it has the names of os/exec, and keeps what people rely on there. Wait returns after all output was copied. A nil
// Stdin is empty, a nil Stdout or Stderr discards. The failure of a command is an [*ExitError] with its code.
//
//	out, err := process.Command(ctx, engine, "conny", "cat", "/etc/hosts").Output()
//
//	cmd := process.Container(ctx, engine, created.ID)
//	cmd.Stdout, cmd.RemoveAfter = os.Stdout, true
//	err = cmd.Run()
//
// The engine may be any [transport.Caller] of Docker's API: docker.Engine, podman.Engine, a wrapper, a fake. The package
// speaks the newest API version that the engine offers and this module has a package of, so it goes with every one of them.
//
// # What differs from os/exec
//
// The process is the engine's, and what lies between is a network. Wait does not wait for Stdin: a Read that blocks keeps
// one goroutine until it returns, and what it then reads is dropped. A writer that fails cancels the command, as SIGPIPE
// would have ended it. The error of a command whose context has ended is the context's, and, where the command ended with a
// code, its [*ExitError] too. WaitDelay is ten seconds unless set. A panic of a reader or writer of yours comes out of
// Wait. With a TTY there is no stderr, and the end of Stdin is typed as Ctrl-D.
//
// # What engines differ in
//
// The API cannot signal an exec: see [Cmd.Signals]. Podman loses output where a command ends without having read its
// Stdin; Wait then fails with [transport.ErrTruncated]. The table is docs/workflows.md.
//
// # Operations
//
// A policy has to let these pass, by the names of the generated packages: ContainerInspect, ContainerAttach, ContainerWait,
// ContainerStart for a container, ContainerKill to cancel it and ContainerDelete for RemoveAfter; ContainerExec, ExecStart,
// ExecInspect for a command; ContainerResize and ExecResize with a TTY; and SystemVersion where the caller is no
// [transport.Versioned].
//
// A Cmd is started once. Its methods may be called concurrently, its fields belong to the caller until Start and to the
// command until Wait has returned.
package process
