// What `pulumi install`, and then `pulumi up`, do to a Python project's environment, by the toolchain package that
// pulumi-language-python is made of. Usage: install ROOT TOOLCHAIN VIRTUALENV. Prints the program's interpreter.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	root, named, virtualenv := os.Args[1], os.Args[2], os.Args[3]
	options := toolchain.PythonOptions{Root: root, ProgramDir: root, Virtualenv: virtualenv}
	switch named {
	case "pip":
		options.Toolchain = toolchain.Pip
	case "uv":
		options.Toolchain = toolchain.Uv
	default:
		check(fmt.Errorf("toolchain %q is not known here", named))
	}
	ctx := context.Background()
	found, err := toolchain.ResolveToolchain(options)
	check(err)
	check(found.PrepareProject(ctx, "engagement", root, true, os.Stderr, os.Stderr))
	check(found.InstallDependencies(ctx, root, false, true, os.Stderr, os.Stderr))
	check(found.ValidateVenv(ctx))
	_, err = found.ListPackages(ctx, true)
	check(err)
	command, err := found.Command(ctx, "-c", "import sys; print(sys.prefix)")
	check(err)
	printed, err := command.Output()
	check(err)
	fmt.Print(string(printed))
}
