export default {
  zonelist() {
    for (;;);
  },
};
