#include <stdio.h>
#include <yaml.h>

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    yaml_parser_t parser;
    yaml_event_t event;
    int kinds[YAML_MAPPING_END_EVENT + 1] = {0}, last = YAML_NO_EVENT;
    if (!file || !yaml_parser_initialize(&parser))
        return 2;
    yaml_parser_set_input_file(&parser, file);
    while (last != YAML_STREAM_END_EVENT) {
        if (!yaml_parser_parse(&parser, &event))
            return 1;
        kinds[last = event.type]++;
        yaml_event_delete(&event);
    }
    printf("%d scalars in %d mappings and %d sequences\n", kinds[YAML_SCALAR_EVENT], kinds[YAML_MAPPING_START_EVENT],
           kinds[YAML_SEQUENCE_START_EVENT]);
    yaml_parser_delete(&parser);
    return fclose(file);
}
