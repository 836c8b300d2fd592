// Makes the package's SDKs by Pulumi's own generators, as its language hosts do: sdks SCHEMA.json FOLDER
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	content, err := os.ReadFile(os.Args[1])
	check(err)
	var spec schema.PackageSpec
	check(json.Unmarshal(content, &spec))
	for language, generate := range map[string]func(*schema.Package) (map[string][]byte, error){
		"nodejs": func(pkg *schema.Package) (map[string][]byte, error) {
			return nodejs.GeneratePackage("sdks", pkg, nil, nil, true, nil)
		},
		"go": func(pkg *schema.Package) (map[string][]byte, error) { return gogen.GeneratePackage("sdks", pkg, nil) },
	} {
		pkg, diagnostics, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
		check(err)
		if diagnostics.HasErrors() {
			log.Fatal(diagnostics)
		}
		files, err := generate(pkg)
		check(err)
		for name, text := range files {
			path := filepath.Join(os.Args[2], language, name)
			check(os.MkdirAll(filepath.Dir(path), 0o755))
			check(os.WriteFile(path, text, 0o644))
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
