/* Intel Node Manager for OpenIPMI's ipmi_sim, which takes the IANA number off each request and puts it before each answer.
 *
 * What it is told is written to the file "asked", like what the machine is: "nm c8 01 00 00". Which controller it is cannot be
 * told: nothing that is exported says so. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <OpenIPMI/serv.h>
#include <OpenIPMI/mcserv.h>

/* Answers from the completion code on (protocols/ipmi.md, sections 8.2, 8.4 and 8.6). */
static const uint8_t version[] = {0x00, 0x05, 0x03, 0x07, 0x01, 0x02};
static const uint8_t policy[] = {0x00, 0x70, 0x10, 0x01, 0xc8, 0x00, 0x10, 0x27, 0x00, 0x00, 0x00, 0x00, 0x3c, 0x00};
static const uint8_t statistics[] = {0x00, 0x38, 0x00, 0x04, 0x00, 0x41, 0x00, 0x39, 0x00,
                                     0xec, 0x56, 0xf7, 0x53, 0x5a, 0x86, 0x00, 0x00, 0x50};
static const uint8_t no_policy[] = {0x80};
static const uint8_t unknown[] = {0xc1};

static void answer(lmc_data_t *mc, msg_t *msg, unsigned char *rdata, unsigned int *rdata_len, void *data)
{
    const uint8_t *with = unknown;
    unsigned int len = sizeof(unknown);
    FILE *asked = fopen("asked", "a");

    (void) mc, (void) data;
    if (asked) {
        fprintf(asked, "nm %02x", msg->cmd);
        for (unsigned int at = 0; at < msg->len; at++)
            fprintf(asked, " %02x", msg->data[at]);
        fprintf(asked, "\n");
        fclose(asked);
    }
    switch (msg->cmd) {
    case 0xc2:
        with = policy, len = sizeof(policy);
        if (msg->len < 2 || msg->data[1] != 11)
            with = no_policy, len = sizeof(no_policy);
        break;
    case 0xc8: with = statistics, len = sizeof(statistics); break;
    case 0xca: with = version, len = sizeof(version); break;
    }
    memcpy(rdata, with, len);
    *rdata_len = len;
}

int ipmi_sim_module_print_version(sys_data_t *sys, char *options)
{
    (void) sys, (void) options;
    return 0;
}

int ipmi_sim_module_init(sys_data_t *sys, char *options)
{
    (void) sys, (void) options;
    return ipmi_emu_register_iana_handler(0x000157, answer, NULL);
}
